//! What is kept is there again after the program's end, and nothing else is.

use std::path::PathBuf;

use super::super::endpoint::Policy;
use super::*;

/// A folder of its own, which goes away again.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("lifeline-queue-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn endpoint() -> Endpoint {
    let url = "http://localhost:4006/r/a/callback".to_owned();
    Endpoint::new("ep_a_1".to_owned(), "a".to_owned(), 1, url, true)
}

fn delivery(number: u64) -> Delivery {
    let policy = Policy { seed: 7, retries: 3, backoff_ms: 400, timeout_ms: 10_000, twice: false };
    Delivery {
        id: format!("msg_a_1_{number:05}"),
        endpoint: "ep_a_1".to_owned(),
        run: "a".to_owned(),
        payment: format!("pay_a_{number}"),
        payload: r#"{"type":"payment.settled"}"#.to_owned(),
        number,
        endpoint_number: 1,
        attempt: 1,
        due_ms: 0,
        policy,
        by_hand: false,
    }
}

#[tokio::test]
async fn nothing_that_was_written_is_lost() {
    let folder = Folder::new("whole");
    let (queue, kept) = Queue::open(Some(&folder.0)).unwrap();
    assert_eq!(kept, Kept::default());
    let endpoint = endpoint();
    queue.write(Change::Endpoint(endpoint.clone())).await.unwrap();
    let all: Vec<Delivery> = (1..=2_000).map(delivery).collect();
    for delivery in &all {
        queue.soon(Change::Pending(delivery.clone()));
    }
    // The last is told once all before it are written too.
    queue.write(Change::Done("msg_a_1_00001".to_owned())).await.unwrap();
    queue.write(Change::Dead(all[1].clone())).await.unwrap();
    let mut again = all[2].clone();
    again.attempt = 2;
    queue.write(Change::Pending(again.clone())).await.unwrap();
    drop(queue);

    let (queue, kept) = Queue::open(Some(&folder.0)).unwrap();
    assert_eq!(kept.endpoints, [endpoint]);
    assert_eq!(kept.dead, [all[1].clone()]);
    assert_eq!(kept.pending.len(), 1_998);
    assert_eq!(kept.pending[0], again);
    assert_eq!(kept.pending[1..], all[3..]);
    queue.write(Change::Pending(all[1].clone())).await.unwrap();
    queue.write(Change::NoEndpoint("ep_a_1".to_owned())).await.unwrap();
    drop(queue);

    let (queue, kept) = Queue::open(Some(&folder.0)).unwrap();
    assert!(kept.dead.is_empty() && kept.endpoints.is_empty());
    assert_eq!(kept.pending.len(), 1_999);
    drop(queue);
}

#[tokio::test]
async fn who_waits_together_is_written_together() {
    let folder = Folder::new("together");
    let (queue, _) = Queue::open(Some(&folder.0)).unwrap();
    let all = (1..=500).map(|number| queue.write(Change::Pending(delivery(number))));
    let told = futures_util::future::join_all(all).await;
    assert!(told.into_iter().all(|told| told.is_ok()));
    drop(queue);
    let (queue, kept) = Queue::open(Some(&folder.0)).unwrap();
    assert_eq!(kept.pending.len(), 500);
    drop(queue);
}

#[tokio::test]
async fn without_a_folder_it_is_kept_in_memory() {
    let (queue, kept) = Queue::open(None).unwrap();
    assert_eq!(kept, Kept::default());
    queue.write(Change::Pending(delivery(1))).await.unwrap();
    drop(queue);
}

#[test]
fn a_file_that_is_none_or_in_use_is_told_by_its_name() {
    let folder = Folder::new("none");
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join(FILE), "this is no database").unwrap();
    let (file, why) = Queue::open(Some(&folder.0)).unwrap_err();
    assert!(file.ends_with(FILE) && !why.is_empty(), "{file}: {why}");
    let folder = Folder::new("used");
    let (queue, _) = Queue::open(Some(&folder.0)).unwrap();
    let (_, why) = Queue::open(Some(&folder.0)).unwrap_err();
    assert!(why.contains("already open"), "{why}");
    drop(queue);
}

#[test]
fn who_is_not_the_owner_cannot_read_the_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("mode");
    let (queue, _) = Queue::open(Some(&folder.0)).unwrap();
    let mode = fs::metadata(folder.0.join(FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    drop(queue);
}
