//! What is given up: at a disabled endpoint, at one that is taken away, and at a run's end. Each is told, and
//! goes out again by hand alone.

use trace::note::What as Noted;
use trace::studio::RunState;
use trace::time::Micros;
use trace::webhook::{Dead, Outcome};

use super::tests::{KNOBS, notes, outcomes, run, runs, site, started, until, waiting};
use super::*;

/// It fails until it is disabled, and is well from then on.
const HEALS: [u16; 11] = [500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 200];

/// So many tries that none is the last.
const STUBBORN: [(&str, u64); 3] = [("retries", 20), ("backoff_ms", 1), ("timeout_ms", 300)];

/// What was told of deliveries that were given up.
fn dead(run: &Run) -> Vec<(String, u64, Dead)> {
    let dead = |note: Noted| match note {
        Noted::DeliveryDead { delivery, attempts, why } => Some((delivery, attempts, why)),
        _ => None,
    };
    notes(run).into_iter().filter_map(dead).collect()
}

fn standing(webhooks: &Webhooks, run: &Run) -> (EndpointState, u64) {
    let standing = webhooks.states(&run.id).remove(0);
    (standing.state, standing.failures)
}

/// How many deliveries were planned once more.
fn retries(run: &Run) -> usize {
    let again = |note: &Noted| matches!(note, Noted::DeliveryPlanned { attempt: 2, .. });
    notes(run).iter().filter(|note| again(note)).count()
}

async fn emit(webhooks: &Arc<Webhooks>, run: &Run, endpoint: &str, number: u64) -> String {
    let payment = format!("pay_{number}");
    webhooks.emit(run, endpoint, "{}".to_owned(), &payment).await.unwrap()
}

#[tokio::test]
async fn what_waits_for_a_disabled_endpoint_is_given_up_and_goes_out_by_hand() {
    let (addr, heard) = site(&HEALS).await;
    let runs = runs();
    let (run, webhooks) = (run(&runs, "a", 7, &STUBBORN), started(&runs, &[addr]));
    let endpoint = webhooks.register(&run, &format!("http://{addr}/")).await.unwrap().id;
    for number in 1..=20 {
        emit(&webhooks, &run, &endpoint, number).await;
    }
    until("nothing waits", || !webhooks.pends(&run)).await;
    assert_eq!(standing(&webhooks, &run), (EndpointState::Disabled, 10));
    assert_eq!((heard.lock().len(), webhooks.dead(&run.id).len()), (10, 20));
    let told = dead(&run);
    assert!(told.iter().all(|(.., why)| *why == Dead::Disabled), "{told:?}");
    assert_eq!(told.iter().map(|(_, attempts, _)| attempts).sum::<u64>(), 10);
    // Whatever comes now is given up at once, and nothing was planned for it.
    let late = emit(&webhooks, &run, &endpoint, 21).await;
    assert_eq!(dead(&run).pop(), Some((late.clone(), 0, Dead::Disabled)));
    let planned = |note: &Noted| match note {
        Noted::DeliveryPlanned { delivery, .. } => *delivery == late,
        _ => false,
    };
    assert!(!notes(&run).iter().any(planned));
    // By hand it goes out, and heals.
    webhooks.replay(&run, &late).await.unwrap();
    until("it is delivered", || !webhooks.pends(&run)).await;
    assert_eq!(standing(&webhooks, &run), (EndpointState::Healthy, 0));
    assert_eq!((heard.lock().len(), webhooks.dead(&run.id).len()), (11, 20));
}

#[tokio::test]
async fn who_is_enabled_is_called_again() {
    let (addr, heard) = site(&HEALS).await;
    let runs = runs();
    let (run, webhooks) = (run(&runs, "a", 7, &STUBBORN), started(&runs, &[addr]));
    let endpoint = webhooks.register(&run, &format!("http://{addr}/")).await.unwrap().id;
    emit(&webhooks, &run, &endpoint, 1).await;
    until("it is given up", || !webhooks.dead(&run.id).is_empty()).await;
    assert_eq!(webhooks.enable(&run, Some("ep_a_2")).await, Err(NotTaken::NoEndpoint));
    assert_eq!(standing(&webhooks, &run), (EndpointState::Disabled, 10));
    let changes = || {
        let is_one = |note: &Noted| matches!(note, Noted::EndpointState { .. });
        notes(&run).iter().filter(|note| is_one(note)).count()
    };
    let before = changes();
    webhooks.enable(&run, None).await.unwrap();
    assert_eq!(standing(&webhooks, &run), (EndpointState::Healthy, 0));
    // It is well, so nothing changes.
    webhooks.enable(&run, Some(&endpoint)).await.unwrap();
    assert_eq!(changes(), before + 1);
    emit(&webhooks, &run, &endpoint, 2).await;
    until("it is delivered", || !webhooks.pends(&run)).await;
    assert_eq!((outcomes(&run).pop(), heard.lock().len()), (Some(Outcome::Delivered), 11));
    assert_eq!(webhooks.dead(&run.id).len(), 1, "it waits for somebody's hand");
}

#[tokio::test]
async fn what_waits_at_a_run_s_end_is_told() {
    let (addr, heard) = site(&[500]).await;
    let runs = runs();
    let knobs = [("retries", 3), ("backoff_ms", 10_000), ("timeout_ms", 300)];
    let (run, webhooks) = (run(&runs, "a", 7, &knobs), started(&runs, &[addr]));
    let mut endpoints = Vec::new();
    for number in 1..=2 {
        let url = format!("http://{addr}/");
        endpoints.push(webhooks.register(&run, &url).await.unwrap().id);
        emit(&webhooks, &run, &endpoints[0], number).await;
    }
    emit(&webhooks, &run, &endpoints[1], 1).await;
    until("each waits again", || retries(&run) == 3).await;
    assert_eq!(heard.lock().len(), 3);
    run.calls_by(&webhooks);
    assert_eq!(run.idle_for(), Micros(0), "it is not idle while something waits");
    webhooks.state.lock().slots.get_mut(&endpoints[0]).unwrap().endpoint.own = true;
    run.go_to(RunState::Finished, "");
    webhooks.withdraw(&run).await;
    let over = |number| (format!("msg_a_1_{number}"), 1, Dead::RunOver);
    let mut told = dead(&run);
    told.sort_unstable();
    assert_eq!(told, [over(1), over(2)]);
    // What goes elsewhere goes on; nothing new is taken.
    let left: Vec<String> = webhooks.states(&run.id).into_iter().map(|it| it.id).collect();
    assert_eq!((left, waiting(&webhooks, &run.id)), (vec![endpoints[1].clone()], 1));
    let late = webhooks.emit(&run, &endpoints[0], "{}".to_owned(), "pay_3").await;
    assert_eq!(late, Err(NotTaken::NoEndpoint));
    let late = webhooks.register(&run, &format!("http://{addr}/")).await;
    assert_eq!(late, Err(NotRegistered::Over));
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_is_taken_away_is_told() {
    let (addr, _) = site(&[500]).await;
    let runs = runs();
    let knobs = [("retries", 3), ("backoff_ms", 10_000), ("timeout_ms", 300)];
    let (run, webhooks) = (run(&runs, "a", 7, &knobs), started(&runs, &[addr]));
    let endpoint = webhooks.register(&run, &format!("http://{addr}/")).await.unwrap().id;
    emit(&webhooks, &run, &endpoint, 1).await;
    until("it waits again", || retries(&run) == 1).await;
    webhooks.remove(&run, &endpoint).await.unwrap();
    assert_eq!(dead(&run), [("msg_a_1_1".to_owned(), 1, Dead::Removed)]);
    assert_eq!(webhooks.remove(&run, &endpoint).await, Err(NotTaken::NoEndpoint));
    assert!(!webhooks.pends(&run) && webhooks.states(&run.id).is_empty());
}

#[tokio::test]
async fn a_secret_or_a_dead_letter_is_a_run_s_own() {
    let (addr, _) = site(&[500]).await;
    let runs = runs();
    let knobs = [("retries", 0), KNOBS[1], KNOBS[2]];
    let (one, other) = (run(&runs, "a", 7, &knobs), run(&runs, "b", 7, &knobs));
    let webhooks = started(&runs, &[addr]);
    let endpoint = webhooks.register(&one, &format!("http://{addr}/")).await.unwrap().id;
    let delivery = emit(&webhooks, &one, &endpoint, 1).await;
    until("it is given up", || !webhooks.dead(&one.id).is_empty()).await;
    assert_eq!(webhooks.replay(&other, &delivery).await, Err(NotTaken::NoDelivery));
    assert_eq!(webhooks.rotate(&other, &endpoint).await, Err(NotTaken::NoEndpoint));
    assert_eq!(webhooks.enable(&other, Some(&endpoint)).await, Err(NotTaken::NoEndpoint));
    assert_eq!(webhooks.remove(&other, &endpoint).await, Err(NotTaken::NoEndpoint));
    assert_eq!(dead(&one), [(delivery, 1, Dead::Attempts)]);
}
