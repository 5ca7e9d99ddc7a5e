//! The catalogue is whole, and its messages come out as they are meant.

use super::*;

fn calls(count: u64) -> String {
    say("story-calls", &[("calls", count.into())])
}

#[test]
fn every_file_parses_and_no_id_is_there_twice() {
    for (language, files) in &LANGUAGES {
        let mut bundle = FluentBundle::new_concurrent(Vec::new());
        for file in files {
            let resource = FluentResource::try_new((*file).to_owned()).unwrap();
            bundle.add_resource(resource).unwrap();
            // What begins a line and is no comment is a message.
            let begins = |line: &&str| line.starts_with(|char: char| char.is_ascii_alphabetic());
            for line in file.lines().filter(begins) {
                let id = line.split(' ').next().unwrap();
                let message = bundle.get_message(id);
                assert!(message.and_then(|found| found.value()).is_some(), "{language}: {id}");
            }
        }
    }
}

#[test]
fn a_count_chooses_the_plural_and_reads_with_its_thousands_parted() {
    assert_eq!([calls(0), calls(1), calls(2)], ["0 calls", "1 call", "2 calls"]);
    assert_eq!(calls(1_204), "1,204 calls");
    assert_eq!(calls(u64::MAX), "18,446,744,073,709,551,615 calls");
    assert_eq!(number(&FluentValue::from(1_204), &()).as_deref(), Some("1,204"));
}

#[test]
fn pieces_give_back_each_argument_at_its_place() {
    let args = [("calls", Arg::Count(1)), ("bytes", "35 bytes".into()), ("who", "Agent".into())];
    let text = |text: &str| Piece::Text(text.to_owned());
    let arg = |index, text: &str| Piece::Arg(index, text.to_owned());
    assert_eq!(
        pieces("story-asks", &args),
        [
            arg(2, "Agent"),
            text(" asks: "),
            arg(1, "35 bytes"),
            text(", moved at the socket in "),
            arg(0, "1"),
            text(" call."),
        ]
    );
    assert_eq!(say("story-asks", &args), "Agent asks: 35 bytes, moved at the socket in 1 call.");
}

#[test]
fn an_argument_that_looks_like_a_mark_is_words() {
    let odd = format!("{OPEN}0{CLOSE} {{ $who }}");
    let pieces = pieces("story-closed-fin", &[("who", (&odd).into())]);
    assert_eq!(pieces, [Piece::Arg(0, odd), Piece::Text(" closed first.".to_owned())]);
}

#[test]
fn an_unknown_id_stands_for_itself() {
    let id = "no-such-message";
    assert!(!has(id) && has("story-calls"));
    assert_eq!(say(id, &[("n", Arg::Count(1))]), id);
    assert_eq!(pieces(id, &[]), [Piece::Text(id.to_owned())]);
}

#[test]
fn an_argument_that_is_missing_is_seen_and_breaks_nothing() {
    assert_eq!(say("story-closed-fin", &[]), "{$who} closed first.");
}

#[test]
fn a_story_prints_its_counts_so_that_they_are_found_again() {
    let story = include_str!("../../../assets/text/en/story.ftl");
    for (at, _) in story.match_indices(" ->") {
        let name = story[..at].rsplit('$').next().unwrap();
        assert!(!story.contains(&format!("${name} }}")), "${name}");
        assert!(story.contains(&format!("${name}-text }}")), "${name}");
    }
}
