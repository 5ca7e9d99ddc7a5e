//! What is kept on disk and how much of it there may be: memory and disk are the same, rows that nobody wants
//! are forgotten at the start, and no run takes another's place.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::endpoint::Policy;
use super::queue::Kept;
use super::slot::Next;
use super::tests::{KNOBS, folder, open, receiver, run, runs, until};
use super::*;

fn state() -> State {
    let (queue, kept) = Queue::open(None).unwrap();
    State::of(kept, queue)
}

fn endpoint(id: &str, run: &str, own: bool) -> Endpoint {
    let url = format!("http://localhost:4006/r/{run}/callback");
    Endpoint::new(id.to_owned(), run.to_owned(), 1, url, own)
}

fn delivery(id: &str, endpoint: &str) -> Delivery {
    let policy = Policy { seed: 7, retries: 3, backoff_ms: 400, timeout_ms: 10_000, twice: false };
    Delivery {
        id: id.to_owned(),
        endpoint: endpoint.to_owned(),
        run: "a".to_owned(),
        payment: "pay_1".to_owned(),
        payload: "{}".to_owned(),
        number: 1,
        endpoint_number: 1,
        attempt: 2,
        due_ms: 0,
        policy,
        by_hand: false,
    }
}

/// What was kept, by its names.
fn names(kept: &Kept) -> [Vec<&str>; 3] {
    [
        kept.endpoints.iter().map(|it| it.id.as_str()).collect(),
        kept.pending.iter().map(|it| it.id.as_str()).collect(),
        kept.dead.iter().map(|it| it.id.as_str()).collect(),
    ]
}

#[tokio::test]
async fn what_nobody_wants_any_more_is_forgotten_at_the_start() {
    let folder = folder("start");
    let (queue, _) = Queue::open(Some(&folder)).unwrap();
    queue.soon(Change::Endpoint(endpoint("ep_a_1", "a", false)));
    queue.soon(Change::Endpoint(endpoint("ep_a_2", "a", true)));
    // Nothing was left for this one.
    queue.soon(Change::Endpoint(endpoint("ep_a_3", "a", false)));
    let mut disabled = endpoint("ep_a_4", "a", false);
    disabled.state = EndpointState::Disabled;
    queue.soon(Change::Endpoint(disabled));
    for (name, endpoint) in [("1", "ep_a_1"), ("2", "ep_a_2"), ("4", "ep_a_4"), ("9", "ep_a_9")] {
        queue.soon(Change::Pending(delivery(&format!("waits_{name}"), endpoint)));
        queue.soon(Change::Dead(delivery(&format!("dead_{name}"), endpoint)));
    }
    drop(queue);
    let webhooks = open(Some(folder.clone()), &[]);
    let run = RunId("a".to_owned());
    let standing = webhooks.states(&run).into_iter().map(|it| (it.id, it.waiting));
    let standing: Vec<(String, u64)> = standing.collect();
    assert_eq!(standing, [("ep_a_1".to_owned(), 1), ("ep_a_4".to_owned(), 0)]);
    webhooks.flush().await;
    drop(webhooks);
    let (queue, kept) = Queue::open(Some(&folder)).unwrap();
    let dead = vec!["dead_1", "dead_4", "waits_4"];
    assert_eq!(names(&kept), [vec!["ep_a_1", "ep_a_4"], vec!["waits_1"], dead]);
    let buried = kept.dead.iter().find(|it| it.id == "waits_4").unwrap();
    assert_eq!(buried.attempt, 1, "it was tried once");
    drop(queue);
    let _ = std::fs::remove_dir_all(&folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_what_is_in_memory() {
    let folder = folder("order");
    let answer = |count: usize| {
        let status = if count.is_multiple_of(3) { 200 } else { 500 };
        (format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n"), false)
    };
    let (addr, _) = receiver(answer).await;
    let runs = runs();
    let run = run(&runs, "a", 7, &[("retries", 20), ("backoff_ms", 1), ("timeout_ms", 300)]);
    let (webhooks, stop) = (open(Some(folder.clone()), &[addr]), CancellationToken::new());
    webhooks.start(&runs, stop.clone());
    let url = format!("http://{addr}/");
    let each = (1..=20_u64).map(|number| {
        let (webhooks, run, url) = (&webhooks, &run, &url);
        async move {
            let endpoint = webhooks.register(run, url).await.unwrap().id;
            for payment in 1..=3 {
                let payment = format!("pay_{payment}");
                webhooks.emit(run, &endpoint, "{}".to_owned(), &payment).await.unwrap();
                webhooks.rotate(run, &endpoint).await.unwrap();
            }
            if number % 2 == 0 {
                webhooks.remove(run, &endpoint).await.unwrap();
            }
        }
    });
    join_all(each).await;
    stop.cancel();
    until("no worker is left", || Arc::strong_count(&webhooks) == 1).await;
    let standing = webhooks.states(&run.id);
    let slots: Vec<Endpoint> =
        webhooks.state.lock().slots.values().map(|slot| slot.endpoint.clone()).collect();
    let dead: BTreeSet<String> = webhooks.dead(&run.id).into_iter().map(|it| it.id).collect();
    drop(webhooks);
    let (queue, kept) = Queue::open(Some(&folder)).unwrap();
    assert_eq!((kept.endpoints.len(), &kept.endpoints), (10, &slots));
    for endpoint in standing {
        let waiting = kept.pending.iter().filter(|it| it.endpoint == endpoint.id).count();
        assert_eq!(waiting as u64, endpoint.waiting, "{}", endpoint.id);
    }
    assert_eq!(kept.dead.into_iter().map(|it| it.id).collect::<BTreeSet<String>>(), dead);
    drop(queue);
    let _ = std::fs::remove_dir_all(&folder);
}

/// Something that an endpoint is told, and that is given up at once.
fn given_up(state: &mut State, run: &Run, endpoint: &str, number: u64) -> Delivery {
    let payment = format!("pay_{number}");
    let (mut delivery, _) = state.take_on(run, endpoint, "{}".to_owned(), &payment).unwrap();
    delivery.by_hand = true;
    // The later, the newer.
    delivery.due_ms = number;
    state.settle(delivery, false).unwrap().dead.remove(0).0
}

#[tokio::test]
async fn dead_letters_keep_their_places_while_their_run_is_there() {
    let (runs, mut state) = (runs(), state());
    let (one, other) = (run(&runs, "a", 7, &KNOBS), run(&runs, "b", 7, &KNOBS));
    for (run, id) in [(&one, "ep_a_1"), (&other, "ep_b_1")] {
        state.register(run, endpoint(id, &run.id.0, false)).unwrap();
    }
    let share = caps::PENDING / caps::RUN_SHARE;
    for number in 1..=share {
        given_up(&mut state, &one, "ep_a_1", number);
    }
    let dead = |state: &State, endpoint: &str| state.slots[endpoint].dead.len() as u64;
    assert_eq!(dead(&state, "ep_a_1"), share, "none is dropped");
    let more = state.take_on(&one, "ep_a_1", "{}".to_owned(), "pay_1");
    assert_eq!(more.map(|_| ()), Err(NotTaken::Full));
    // The other run has a share of its own.
    given_up(&mut state, &other, "ep_b_1", share + 1);
    // Of runs that are over so many are kept, the newest.
    for run in [&one, &other] {
        assert!(state.withdraw(&run.id).is_empty(), "nothing waits");
    }
    assert_eq!((dead(&state, "ep_a_1"), dead(&state, "ep_b_1")), (share - 1, 1));
    assert!(!state.slots["ep_a_1"].dead.contains_key("msg_a_1_1"), "the oldest is gone");
}

#[tokio::test]
async fn what_could_not_be_written_is_as_it_was() {
    let (runs, mut state) = (runs(), state());
    let run = run(&runs, "a", 7, &KNOBS);
    state.register(&run, endpoint("ep_a_1", "a", true)).unwrap();
    let dead = given_up(&mut state, &run, "ep_a_1", 1);
    let (revived, _) = state.revive(&run.id, &dead.id).unwrap();
    assert_eq!((revived.attempt, state.slots["ep_a_1"].waiting()), (2, 1));
    state.give_back(revived);
    assert_eq!(state.slots["ep_a_1"].dead[&dead.id].attempt, 1);
    let (taken, _) = state.take_on(&run, "ep_a_1", "{}".to_owned(), "pay_2").unwrap();
    state.give_back(taken);
    let slot = &state.slots["ep_a_1"];
    assert_eq!((slot.waiting(), slot.places(), slot.bytes), (0, 1, dead.bytes()));
    let before = slot.endpoint.clone();
    let (secret, _) = state.rotate(&run.id, "ep_a_1").unwrap();
    state.unrotate("ep_a_1", &secret);
    assert_eq!(state.slots["ep_a_1"].endpoint.secrets(), before.secrets());
    // What was given back is not tried.
    assert!(matches!(state.next("ep_a_1"), Next::Nothing));
}

#[test]
fn deliveries_are_numbered_by_payment_whatever_is_settled_first() {
    let mut slot = Slot::new(endpoint("ep_a_1", "a", true), false);
    let numbers = ["pay_3", "pay_1", "pay_2"].map(|payment| slot.number(payment));
    assert_eq!(numbers, [3, 1, 2]);
    let others = ["pay_3", "pay_k4r9q9yf", "pay_23456789", ""].map(|other| slot.number(other));
    assert_eq!(others, [4, 5, 6, 7]);
}
