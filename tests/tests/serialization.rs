//! The lab without runs: it is listed, refuses runs, and the server measures for one caller at a time.

use reqwest::Method;
use serde_json::{Value, json};
use tests::server::{Answer, Server};

/// What is asked for, and words of the refusal.
const BAD: [(&str, &str); 8] = [
    ("message=huge", "message takes one of small, medium, large"),
    ("message=", "message takes one of"),
    ("repeats=0", "repeats takes a whole number from 1 to 20000"),
    ("repeats=20001", "repeats takes a whole number from 1 to 20000"),
    ("repeats=-1", "repeats takes a whole number"),
    ("repeats=1.5", "repeats takes a whole number"),
    ("message=small&repeats=", "repeats takes a whole number"),
    ("reqeats=7", "this lab has no parameter reqeats; it has message, repeats"),
];

/// Measures. The body is that of a good answer.
async fn measure(server: &Server, query: &str) -> Value {
    let answer = server.get(&format!("/api/serialization?{query}")).await;
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/json"), "{answer:?}");
    serde_json::from_str(&answer.body).expect("figures")
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("{name} in {value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_form_has_its_bytes_and_its_times() {
    let server = Server::start(&[]).await;
    for (message, repeats) in [("small", 200), ("medium", 20), ("large", 1)] {
        let report = measure(&server, &format!("message={message}&repeats={repeats}")).await;
        assert_eq!((&report["message"], &report["repeats"]), (&json!(message), &json!(repeats)));
        assert_eq!(report["whole"], json!(true), "{report}");
        assert!(report["debug"].is_boolean(), "it says how it was built: {report}");
        let forms = report["forms"].as_array().expect("the forms");
        let named: Vec<_> = forms.iter().map(|form| form["form"].as_str().unwrap()).collect();
        assert_eq!(named, ["json", "xml", "protobuf"]);
        for form in forms {
            assert!(number(form, "bytes") > 0, "{form}");
            for act in ["encode_ns", "decode_ns"] {
                let times = &form[act];
                assert!(number(times, "count") >= repeats, "{form}");
                assert!(number(times, "samples") >= repeats.min(10), "{form}");
                let spread = ["min", "p50", "p90", "max"].map(|name| number(times, name));
                assert!(spread.is_sorted() && spread[0] > 0, "{form}");
            }
        }
        let [json, xml, protobuf] = [0, 1, 2].map(|index| number(&forms[index], "bytes"));
        assert!(protobuf < json && json < xml, "{message}: {json}, {xml}, {protobuf}");
    }
    let defaults = measure(&server, "").await;
    assert_eq!((&defaults["message"], &defaults["repeats"]), (&json!("small"), &json!(10_000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_range_is_refused() {
    let server = Server::start(&[]).await;
    for (query, said) in BAD {
        let path = format!("/api/serialization?{query}");
        server.get(&path).await.assert_refused(422, said, &path);
    }
    let post = Answer::to(server.ask(Method::POST, "/api/serialization")).await;
    post.assert_refused(405, "method", "POST");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_are_one_too_many() {
    let server = Server::start(&[]).await;
    // So much takes all of the time that there is, which is long enough for the other to come.
    let path = "/api/serialization?message=large&repeats=20000";
    let call = || async { server.ask(Method::GET, path).send().await.expect("an answer") };
    let (one, other) = tokio::join!(call(), call());
    let (good, refused) = if one.status().is_success() { (one, other) } else { (other, one) };
    assert_eq!((good.status().as_u16(), refused.status().as_u16()), (200, 429));
    assert_eq!(refused.headers()["retry-after"], "2");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let report: Value = good.json().await.expect("figures");
    assert_eq!(report["whole"], json!(false), "the time was over before");
    // It is free again.
    measure(&server, "repeats=1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_listed_and_has_no_runs() {
    let server = Server::start(&[]).await;
    let labs: Value = serde_json::from_str(&server.get("/api/labs").await.body).expect("labs");
    let is_it = |lab: &&Value| lab["id"] == json!("serialization");
    let lab = labs.as_array().and_then(|labs| labs.iter().find(is_it)).expect("it is listed");
    assert_eq!(lab["inputs"], json!([]), "{lab}");
    let new = server.ask(Method::POST, "/api/runs").json(&json!({ "lab": "serialization" }));
    Answer::to(new).await.assert_refused(422, "has no runs", "POST /api/runs");
}
