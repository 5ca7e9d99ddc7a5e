//! What is kept is there again, piece by piece and within its bounds.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Map;
use trace::entry::{Input, What};
use trace::log::FORMAT;
use trace::time::Micros;

use super::*;
use crate::caps::Caps;
use crate::instance::Shared;
use crate::store::Choice;

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
        lifeline: FORMAT,
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
        header: header(id),
        key: "key".to_owned(),
        state: RunState::Finished,
        last_seq: Seq(last),
        metrics: Metrics::default(),
        bytes: 0,
    }
}

/// A run that has said so many words.
fn run(runs: &Runs, id: &str, words: usize) -> Arc<Run> {
    let shared = Shared::new(&[], Choice::Memory, 0);
    let run = runs.add(Run::new(header(id), "key".to_owned(), runs.caps, shared)).unwrap();
    for word in 0..words {
        let input = Input { input: format!("{id} {word}"), ..Input::default() };
        run.log.append(Micros(0), What::Input(input));
    }
    run
}

fn runs(folder: &Folder, bounds: Bounds) -> Arc<Runs> {
    let runs = Arc::new(Runs::new(Caps::default(), Choice::Memory));
    runs.keep_in(Archive::bounded(&folder.0, bounds).unwrap());
    runs
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
    let (disk, told) = Disk::open(&folder.0).unwrap().unwrap();
    assert!(told.is_empty());
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
    drop(disk);

    let (disk, told) = Disk::open(&folder.0).unwrap().unwrap();
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
    archive.flush(&before).await;
    assert_eq!(ids(&before), ["d", "c", "b", "a"], "in memory are all");
    assert!(archive.find(&under_way.id).is_none(), "it is not over");
    assert!(archive.find(&all[0].id).is_none(), "the oldest left");
    let (_, past) = archive.find(&all[2].id).unwrap();
    assert_eq!((past.kept.last_seq, &past.kept.metrics), (Seq(1_001), &all[2].log.metrics()));
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
    after.end().await;
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
async fn who_makes_room_in_memory_is_kept() {
    let folder = Folder::new("room");
    let runs = Arc::new(Runs::new(Caps { runs: 1, ..Caps::default() }, Choice::Memory));
    runs.keep_in(Archive::bounded(&folder.0, KEPT).unwrap());
    run(&runs, "a", 5).go_to(RunState::Finished, "it was");
    run(&runs, "b", 5);
    // One after the other: when this is done the first is kept.
    runs.archive.get().unwrap().flush(&runs).await;
    assert!(matches!(runs.find(&RunId("a".to_owned())), Some(crate::runs::Found::Past(_))));
    assert_eq!(ids(&runs), ["b"], "there is no room for it in the list");
}

#[test]
fn what_cannot_be_used_is_told_by_its_name() {
    let folder = Folder::new("none");
    let file = folder.0.join(FILE);
    fs::write(&file, "this is no database").unwrap();
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
