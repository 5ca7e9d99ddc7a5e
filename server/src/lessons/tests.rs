//! What a lesson must be, and what is refused at which line.

use trace::lesson::Figure;

use super::{BYTES_MAX, PROMPTS_MAX, labs, of, parse};
use crate::labs::listed;

/// The least lesson; its lines are counted in the tables below.
const LEAST: &str = r#"# A lab

What it *shows*.

## In five minutes

Short.

## In depth

Long.

## Predict

```predict
ask = "How many?"
answer = "requests"
why = "So."
```
"#;

#[test]
fn the_lessons_are_whole() {
    for lab in labs() {
        assert!(listed().iter().any(|known| known.id == lab), "{lab} is no lab");
        let lesson = of(lab).unwrap().unwrap_or_else(|bad| panic!("{lab}: {bad}"));
        assert!(lesson.line.len() < lesson.minutes.len(), "{lab}");
        assert!(lesson.minutes.len() < lesson.depth.len(), "{lab}");
        assert!(lesson.predict.len() >= 3, "{lab}");
        for name in lesson.predict.iter().flat_map(|predict| predict.when.keys()) {
            let known = listed().into_iter().find(|known| known.id == lab).unwrap();
            assert!(known.params.iter().any(|param| param.name == *name), "{lab}: {name}");
        }
    }
    for known in listed() {
        assert!(labs().any(|lab| lab == known.id), "{} has no lesson", known.id);
    }
    assert_eq!(of("http9"), None);
}

#[test]
fn a_lesson_is_read() {
    let lesson = parse("lab", LEAST).unwrap();
    assert_eq!((&*lesson.lab, &*lesson.title, &*lesson.line), ("lab", "A lab", "What it shows."));
    assert_eq!((&*lesson.minutes, &*lesson.depth), ("<p>Short.</p>\n", "<p>Long.</p>\n"));
    let [predict] = &*lesson.predict else { panic!("{:?}", lesson.predict) };
    assert_eq!((&*predict.ask, &*predict.why), ("How many?", "So."));
    assert_eq!(predict.answer, Figure::Requests);
    assert!(predict.when.is_empty());
    let wanted = "answer = \"requests\"\nwhen = { call = \"unary\" }";
    let bound = parse("lab", &LEAST.replace("answer = \"requests\"", wanted)).unwrap();
    assert_eq!(bound.predict[0].when.get("call").map(String::as_str), Some("unary"));
    assert_eq!(parse("lab", &LEAST.replace('\n', "\r\n")), Ok(lesson));
}

/// What is replaced in the least lesson, by what, the line that is refused, and words of the reason.
#[rustfmt::skip] // a table is read line by line
const BAD: [(&str, &str, usize, &str); 21] = [
    ("# A lab\n\n", "", 1, "begins with"),
    ("# A lab\n\n", "Before.\n\n# A lab\n\n", 1, "begins with"),
    ("What it *shows*.\n\n", "", 3, "begins with"),
    ("What it *shows*.", "What it shows.\n\nMore.", 5, "begins with"),
    ("Short.", "# Another", 7, "one title"),
    ("## In five minutes", "## In six minutes", 5, "`## In five minutes` is due here, not `## In six minutes`"),
    ("## In depth\n\nLong.\n\n", "", 9, "`## In depth` is due here, not `## Predict`"),
    ("Long.\n\n", "", 11, "nothing under `## In depth`"),
    ("## Predict\n\n", "", 13, "stands under `## Predict`"),
    ("Short.", "![A dog](dog.png)", 7, "no pictures"),
    ("Short.", "Short,\n[odd](javascript:alert).", 8, "a link begins with"),
    ("Short.", "<mailto:a@b.example>", 7, "a link begins with"),
    ("```predict\n", "```toml\n", 15, "predict blocks alone"),
    ("```predict\n", "Well?\n\n```predict\n", 15, "predict blocks alone"),
    ("answer = ", "answr = ", 17, "unknown field `answr`"),
    ("\"requests\"", "\"luck\"", 17, "unknown variant `luck`"),
    ("answer = \"requests\"\n", "", 16, "missing field `answer`"),
    ("\"How many?\"", "7", 16, "invalid type"),
    ("\"So.\"", "\" \"", 15, "neither ask nor why"),
    ("\"So.\"\n```\n", "\"So.\"\n", 15, "not closed"),
    ("\"So.\"\n```\n", "\"So.\"\n\n```predict\nask = \"And?\"\n```\n", 15, "not closed"),
];

#[test]
fn a_bad_lesson_is_refused_with_its_line() {
    for (from, to, line, said) in BAD {
        assert_eq!(LEAST.matches(from).count(), 1, "{from:?}");
        let bad = parse("lab", &LEAST.replace(from, to)).expect_err(to);
        assert_eq!(bad.line, line, "{from:?} as {to:?}: {bad}");
        assert!(bad.why.contains(said), "{from:?} as {to:?}: {bad}");
    }
    let end = LEAST.find("\n## Predict").unwrap();
    let longer = format!("{LEAST}\n## More\n");
    for (text, line, said) in [
        ("", 1, "begins with"),
        (&LEAST[..end], 11, "`## Predict` is missing"),
        (longer.as_str(), 21, "no section follows"),
    ] {
        let bad = parse("lab", text).expect_err(said);
        assert_eq!((bad.line, bad.why.contains(said)), (line, true), "{bad}");
    }
}

#[test]
fn a_lesson_is_bounded() {
    let pad = "\n".repeat(BYTES_MAX - LEAST.len());
    assert!(parse("lab", &format!("{LEAST}{pad}")).is_ok());
    let bad = parse("lab", &format!("{LEAST}{}", "x".repeat(BYTES_MAX))).unwrap_err();
    assert_eq!((bad.line, &*bad.why), (20, "a lesson may have 262144 bytes"));
    let block = &LEAST[LEAST.find("\n```predict").unwrap()..];
    let most = format!("{LEAST}{}", block.repeat(PROMPTS_MAX - 1));
    assert_eq!(parse("lab", &most).unwrap().predict.len(), PROMPTS_MAX);
    let bad = parse("lab", &format!("{most}{block}")).unwrap_err();
    assert_eq!((bad.line, &*bad.why), (15 + 6 * PROMPTS_MAX, "a lesson may ask 20 questions"));
}

#[test]
fn markup_comes_out_as_text() {
    let written = "<script>alert(1)</script>\n\nA <b onclick=\"x()\">bold</b> word, \
                   [a source](https://example.org/), [a place](#there).";
    let html = parse("lab", &LEAST.replace("Short.", written)).unwrap().minutes;
    for there in [
        "&lt;script&gt;",
        "&lt;b onclick=",
        "<a href=\"https://example.org/\">",
        "<a href=\"#there\">",
    ] {
        assert!(html.contains(there), "{there} is not in {html}");
    }
    for absent in ["<script", "<b "] {
        assert!(!html.contains(absent), "{absent} is in {html}");
    }
}
