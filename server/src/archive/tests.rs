//! What is kept is there again, piece by piece and within its bounds.

mod failing;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use redb::TableDefinition;
use serde_json::Map;
use trace::entry::{Input, What};
use trace::log;

use super::*;
use crate::caps::Caps;
use crate::instance::Shared;
use crate::runs::Found;
use crate::store::Choice;
use failing::Failing;

/// A folder of its own, which goes away again.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("lifeline-archive-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        super::folder(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn header(id: &str) -> Header {
    Header {
        lifeline: log::FORMAT,
        run: RunId(id.to_owned()),
        lab: "http10".to_owned(),
        params: Map::new(),
        seed: 0,
        participants: Vec::new(),
        started: String::new(),
    }
}

fn kept(id: &str, last: u64) -> Kept {
    Kept {
        format: FORMAT,
        header: header(id),
        key: "key".to_owned(),
        state: RunState::Finished,
        last_seq: Seq(last),
        metrics: Metrics::default(),
        bytes: 0,
    }
}

/// A run, if there is room for it.
fn add(runs: &Runs, id: &str) -> Option<Arc<Run>> {
    let shared = Shared::new(&[], Choice::Memory, 0);
    runs.add(Run::new(header(id), "key".to_owned(), runs.caps, shared))
}

/// A run that was started and has said so many words.
fn run(runs: &Runs, id: &str, words: usize) -> Arc<Run> {
    let run = add(runs, id).unwrap();
    run.go_to(RunState::Running, "");
    for word in 0..words {
        let input = Input { input: format!("{id} {word}"), ..Input::default() };
        run.log.append(Micros(0), What::Input(input));
    }
    run
}

fn place(folder: &Folder) -> Box<dyn Place> {
    Box::new(folder.0.join(FILE))
}

fn runs(folder: &Folder, bounds: Bounds) -> Arc<Runs> {
    kept_at(place(folder), bounds, Caps::default())
}

fn kept_at(place: Box<dyn Place>, bounds: Bounds, caps: Caps) -> Arc<Runs> {
    let runs = Arc::new(Runs::new(caps, Choice::Memory));
    runs.keep_in(Archive::bounded(place, bounds).unwrap());
    runs
}

/// Time enough.
fn soon() -> Micros {
    clock::now().plus(Micros::from_millis(20_000))
}

/// Keeps all that is over. Gives how many were not kept.
async fn flush(runs: &Arc<Runs>) -> usize {
    runs.archive.get().unwrap().flush(runs, soon()).await
}

fn ids(runs: &Runs) -> Vec<String> {
    runs.listed().iter().map(|run| run.id().0.clone()).collect()
}

/// Some lines as long as a log's, one of them longer than a piece.
fn lines() -> Vec<Bytes> {
    let len = |number: usize| if number == 700 { 600_000 } else { 300 + number % 7 };
    let line = |number: usize| format!("{number} {}", "x".repeat(len(number)));
    (1..=3_000).map(|number| Bytes::from(line(number))).collect()
}

#[test]
fn a_log_is_read_as_it_was_written_from_any_entry_on() {
    let folder = Folder::new("whole");
    let Opened { disk, told, next } = Disk::open(place(&folder)).unwrap();
    assert!(told.is_empty() && next == 0);
    let (lines, others) = (lines(), BTreeMap::new());
    let write = |number, kept, lines: &[Bytes], bounds| {
        disk.write(number, kept, lines.iter().cloned(), (bounds, &others)).unwrap()
    };
    // What was there of it before goes.
    write(7, kept("a", 3_000), &lines, KEPT).unwrap();
    write(7, kept("a", 2_999), &lines[1..], KEPT).unwrap();
    let written = write(7, kept("a", 3_000), &lines, KEPT).unwrap();
    assert!(written.left.is_empty());
    let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
    assert_eq!(written.kept.bytes, bytes as u64);
    write(8, kept("b", 1), &lines[..1], KEPT).unwrap();
    assert_eq!(write(9, kept("c", 3_000), &lines, Bounds { runs: 9, bytes: 1_000 }), None);
    // One that lacks lines, as one for which there was no time.
    let late = disk.write(9, kept("c", 3_001), lines.iter().cloned(), (KEPT, &others));
    assert!(matches!(late, Err(Fault::Late)), "{late:?}");
    drop(disk);

    let Opened { disk, told, next } = Disk::open(place(&folder)).unwrap();
    assert_eq!(next, 9);
    assert_eq!(told.keys().copied().collect::<Vec<_>>(), [7, 8], "nothing of the third");
    assert_eq!(*told[&7], written.kept);
    for after in [0, 1, 698, 699, 700, 2_999, 3_000, u64::MAX] {
        let (mut at, mut read) = (Seq(after), Vec::new());
        loop {
            let piece = disk.lines(7, at).unwrap();
            if piece.is_empty() {
                break;
            }
            let weight: usize = piece.iter().map(Bytes::len).sum();
            assert!(weight <= 700_000, "a piece is small: {weight}");
            at = crate::runs::upto(at, &piece);
            read.extend(piece);
        }
        let from = usize::try_from(after).unwrap().min(lines.len());
        assert!(read == lines[from..], "after {after}");
    }
    disk.forget(7).unwrap();
    assert!(disk.lines(7, Seq(0)).unwrap().is_empty());
    assert_eq!(disk.lines(8, Seq(0)).unwrap(), lines[..1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_are_kept_and_listed_again() {
    let folder = Folder::new("newest");
    let bounds = Bounds { runs: 2, bytes: 1 << 20 };
    let before = runs(&folder, bounds);
    let all = ["a", "b", "c"].map(|id| run(&before, id, 1_000));
    let under_way = run(&before, "d", 1);
    for run in &all {
        run.go_to(RunState::Finished, "it was");
    }
    let archive = before.archive.get().unwrap();
    assert_eq!(flush(&before).await, 0);
    assert_eq!(ids(&before), ["d", "c", "b", "a"], "in memory are all");
    assert!(archive.find(&under_way.id).is_none(), "it is not over");
    assert!(archive.find(&all[0].id).is_none(), "the oldest left");
    let (_, past) = archive.find(&all[2].id).unwrap();
    assert_eq!((past.kept.last_seq, &past.kept.metrics), (Seq(1_002), &all[2].log.metrics()));
    // In pieces, and each line as it is told from memory.
    let mut read = Vec::new();
    while Seq(read.len() as u64) < past.kept.last_seq {
        read.extend(past.lines(Seq(read.len() as u64)).await.unwrap());
    }
    let told: Vec<Bytes> = all[2].log.after(Seq(0), 9_999).iter().map(|it| it.line()).collect();
    assert_eq!(read, told);
    before.delete(&all[1].id).await.unwrap();
    assert_eq!(ids(&before), ["d", "c", "a"]);
    drop((before, all, under_way, past));

    let after = runs(&folder, bounds);
    assert_eq!(ids(&after), ["c"]);
    run(&after, "e", 0).go_to(RunState::Failed, "it did");
    assert_eq!(ids(&after), ["e", "c"], "numbers go on");
    after.end(soon()).await;
    let id = RunId("c".to_owned());
    assert!(after.get(&id).is_none());
    let found = after.find(&id).unwrap();
    assert_eq!((found.state(), found.key()), (RunState::Finished, "key"));
    after.delete(&id).await.unwrap();
    assert!(after.find(&id).is_none());
    assert!(found.lines(Seq(0), 1).await.is_err(), "who reads on is told");
    drop((found, after));
    assert_eq!(ids(&runs(&folder, bounds)), ["e"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_written_makes_room_in_memory() {
    let caps = Caps { runs: 1, ..Caps::default() };
    let runs = kept_at(Box::new(Failing::default()), KEPT, caps);
    let first = run(&runs, "a", 5);
    assert!(add(&runs, "b").is_none(), "it is under way");
    first.go_to(RunState::Finished, "it was");
    assert!(add(&runs, "b").is_none(), "it is not written");
    assert_eq!(flush(&runs).await, 0);
    first.log.append(Micros(0), What::Input(Input::default()));
    assert!(add(&runs, "b").is_none(), "its end is not written");
    assert_eq!(flush(&runs).await, 0);
    let second = add(&runs, "b").unwrap();
    let Some(Found::Past(past)) = runs.find(&first.id) else { panic!("it is not kept") };
    assert_eq!(past.kept.last_seq, first.log.last_seq());
    assert_eq!(ids(&runs), ["b"], "there is no room for it in the list");
    // One that never began is not kept: it goes at once.
    second.go_to(RunState::Finished, "nobody came");
    assert_eq!(flush(&runs).await, 0);
    let third = add(&runs, "c").unwrap();
    assert!(runs.find(&second.id).is_none());
    runs.delete(&third.id).await.unwrap();
    assert_eq!(ids(&runs), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_written_is_written_later() {
    let place = Failing::default();
    let runs = kept_at(Box::new(place.clone()), KEPT, Caps::default());
    run(&runs, "a", 5).go_to(RunState::Finished, "it was");
    assert_eq!(flush(&runs).await, 0);
    place.fails.store(true, Ordering::Relaxed);
    run(&runs, "b", 5).go_to(RunState::Finished, "it was");
    let (first, second) = (RunId("a".to_owned()), RunId("b".to_owned()));
    for _ in 0..2 {
        assert_eq!(flush(&runs).await, 1);
        assert!(runs.delete(&first).await.is_err(), "it is still kept");
        assert!(matches!(runs.find(&first), Some(Found::Past(_))));
    }
    place.fails.store(false, Ordering::Relaxed);
    assert_eq!(flush(&runs).await, 0);
    let (_, past) = runs.archive.get().unwrap().find(&second).unwrap();
    assert_eq!(past.lines(Seq(0)).await.unwrap().len() as u64, past.kept.last_seq.0);
    runs.delete(&first).await.unwrap();
    drop((past, runs));
    assert_eq!(ids(&kept_at(Box::new(place), KEPT, Caps::default())), ["b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_keeps_nobody_from_new_runs() {
    let place = Failing::default();
    let caps = Caps { runs: 1, ..Caps::default() };
    let runs = kept_at(Box::new(place.clone()), KEPT, caps);
    let first = run(&runs, "a", 5);
    place.fails.store(true, Ordering::Relaxed);
    assert!(add(&runs, "b").is_none(), "it is under way");
    first.go_to(RunState::Finished, "it was");
    assert!(add(&runs, "b").is_none(), "it was not tried to write it");
    assert_eq!(flush(&runs).await, 1);
    assert!(add(&runs, "b").is_some());
    assert!(runs.find(&first.id).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_does_not_come_back() {
    let place = Failing::default();
    let runs = kept_at(Box::new(place.clone()), KEPT, Caps::default());
    for number in 0..50 {
        let run = run(&runs, &format!("r{number}"), 500);
        run.go_to(RunState::Finished, "it was");
        let (_, deleted) = tokio::join!(flush(&runs), runs.delete(&run.id));
        deleted.unwrap();
        assert!(runs.find(&run.id).is_none(), "{number}");
    }
    assert_eq!(flush(&runs).await, 0);
    assert!(ids(&runs).is_empty());
    drop(runs);
    assert!(ids(&kept_at(Box::new(place), KEPT, Caps::default())).is_empty());
}

#[test]
fn after_a_kill_not_all_is_read() {
    let place = Failing::default();
    let opened = Disk::open(Box::new(place.clone())).unwrap();
    let killed = place.killed();
    drop(Disk::open(Box::new(killed.clone())).unwrap());
    assert!(!killed.repaired.load(Ordering::Relaxed), "nothing was kept yet");
    let (lines, others) = (lines(), BTreeMap::new());
    opened.disk.write(1, kept("a", 3_000), lines.into_iter(), (KEPT, &others)).unwrap();
    let killed = place.killed();
    let told = Disk::open(Box::new(killed.clone())).unwrap().told;
    assert_eq!(told.len(), 1);
    assert!(!killed.repaired.load(Ordering::Relaxed), "one was");
}

#[test]
fn a_row_that_cannot_be_read_is_left_alone() {
    const RUNS: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("runs");
    let place = Failing::default();
    let Opened { disk, .. } = Disk::open(Box::new(place.clone())).unwrap();
    let others = BTreeMap::new();
    disk.write(1, kept("a", 1), lines().into_iter().take(1), (KEPT, &others)).unwrap();
    drop(disk);
    let db = place.open().unwrap();
    let transaction = db.begin_write().unwrap();
    {
        let mut table = transaction.open_table(RUNS).unwrap();
        table.insert(4_u64, br#"{"format":2,"more":1}"#.as_slice()).unwrap();
        table.insert(5_u64, b"no row".as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(db);
    let Opened { told, next, .. } = Disk::open(Box::new(place)).unwrap();
    assert_eq!(told.keys().copied().collect::<Vec<_>>(), [1]);
    assert_eq!(next, 6, "nobody takes their numbers");
}

#[test]
fn what_cannot_be_used_is_told_by_its_name() {
    let folder = Folder::new("none");
    let file = folder.0.join(FILE);
    fs::write(&file, "this is no database").unwrap();
    let why = Archive::open(&folder.0).unwrap_err().to_string();
    assert!(why.contains(FILE) && why.contains("--data"), "{why}");
    // Half a file is none.
    fs::remove_file(&file).unwrap();
    let open = Archive::open(&folder.0).unwrap();
    let why = Archive::open(&folder.0).unwrap_err().to_string();
    assert!(why.contains("another server") && why.contains("--data"), "{why}");
    drop(open);
    let half = fs::metadata(&file).unwrap().len() / 2;
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(half).unwrap();
    let why = Archive::open(&folder.0).unwrap_err().to_string();
    assert!(why.contains(FILE) && why.contains("--data"), "{why}");
    let why = super::folder(&file).unwrap_err().to_string();
    assert!(why.contains(FILE) && why.contains("--data"), "{why}");
}

#[test]
fn who_is_not_the_owner_cannot_read_the_keys() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("mode");
    drop(Archive::open(&folder.0).unwrap());
    for path in [folder.0.clone(), folder.0.join(FILE)] {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o} {}", path.display());
    }
}
