//! The schema of the log can refuse: lines that are right, and what each must not become.

use tests::log::refusal;

const HEADER: &str = r#"{"lifeline":1,"run":"k4r9q9yf","lab":"http10","params":{"requests":3,"pause":false,"order":"in_turn"},"seed":0,"participants":[{"id":"agent","name":"Agent","role":"agent"}],"started":"2026-11-22T09:24:24.671Z"}"#;
const OPENED: &str = r#"{"seq":3,"at_us":4225,"type":"opened","conn":1,"client":{"id":"agent","name":"Agent","role":"agent","detail":"a client in the server"},"server":{"id":"http10","name":"Server","role":"server","detail":":4004"},"client_addr":"127.0.0.1:43271","server_addr":"127.0.0.1:4004"}"#;
const CHUNK: &str =
    r#"{"seq":5,"at_us":4313,"type":"chunk","conn":1,"dir":"to_server","offset":0,"bytes":"R0VU"}"#;
const PASSED: &str =
    r#"{"seq":7,"at_us":126245,"type":"passed","conn":1,"dir":"to_server","offset":91}"#;
const EVENT: &str = r#"{"seq":6,"at_us":1,"type":"event","conn":1,"from":"client","evidence":[{"start":0,"len":4}],"kind":{"http1":"partial"},"fields":[{"name":"undecoded","start":0,"len":4}],"faults":[{"code":"incomplete"}]}"#;
const RESPONSE: &str = r#"{"seq":6,"at_us":1,"type":"event","conn":1,"from":"server","evidence":[{"start":0,"len":4}],"kind":{"http1":{"response":{"exchange":0,"status":200,"reason":"OK","version":"HTTP/1.0","framing":{"length":7},"persistent":false}}},"fields":[{"name":"undecoded","start":0,"len":4}]}"#;
const LOST: &str = r#"{"seq":8,"at_us":9,"type":"lost","conn":1,"dir":"to_client","offset":4,"len":2,"why":"body"}"#;
const CLOSED: &str =
    r#"{"seq":12,"at_us":169744,"type":"closed","conn":1,"by":"server","how":"fin"}"#;
const INPUT: &str = r#"{"seq":2,"at_us":3101,"type":"input","input":"start"}"#;
const STATE: &str = r#"{"seq":1,"at_us":3092,"type":"note","note":"state","state":"running"}"#;
const HELD: &str = r#"{"seq":4,"at_us":3175,"type":"note","conn":1,"note":"gate_held","gate":1,"act":"answer","limit_us":120000000}"#;
const REPORT: &str = r#"{"seq":9,"at_us":9,"type":"report","conn":1,"dir":"to_client","offset":4,"measured_us":7,"uncertainty_us":2}"#;

#[test]
fn right_lines_are_taken() {
    for line in
        [HEADER, OPENED, CHUNK, PASSED, EVENT, RESPONSE, LOST, CLOSED, INPUT, STATE, HELD, REPORT]
    {
        assert_eq!(refusal(line), None, "{line}");
    }
}

/// A right line, what is replaced in it, by what, and what that breaks.
#[rustfmt::skip] // a table is read line by line
const WRONG: [(&str, &str, &str, &str); 27] = [
    (HEADER, r#""lifeline":1"#, r#""lifeline":2"#, "a format from the future"),
    (HEADER, r#""seed":0,"#, "", "no seed"),
    (HEADER, "agent\"}", "ghost\"}", "an unknown role"),
    (HEADER, "2026-11-22T09:24:24.671Z", "yesterday", "no moment"),
    (HEADER, r#""pause":false"#, r#""pause":null"#, "a parameter without value"),
    (OPENED, r#","client_addr":"127.0.0.1:43271""#, "", "no address"),
    (OPENED, r#""conn":1"#, r#""conn":0"#, "connections are counted from 1"),
    (CHUNK, r#""seq":5"#, r#""seq":0"#, "entries are counted from 1"),
    (CHUNK, r#""at_us":4313"#, r#""at_us":-1"#, "before the run"),
    (CHUNK, r#""at_us":4313"#, r#""at_us":1.5"#, "moments are whole"),
    (CHUNK, "to_server", "sideways", "an unknown direction"),
    (CHUNK, "R0VU", "R0V", "base64 without padding"),
    (CHUNK, "R0VU", "R0V-", "another alphabet"),
    (CHUNK, r#""offset":0,"#, "", "no offset"),
    (CHUNK, r#""type":"chunk""#, r#""type":"clunk""#, "an unknown type"),
    (PASSED, r#""offset":91"#, r#""offset":91,"bytes":"R0VU""#, "a key too many"),
    (EVENT, r#""partial""#, r#""perfect""#, "an unknown kind"),
    (EVENT, r#""name":"undecoded""#, r#""name":"mystery""#, "an unknown field"),
    (EVENT, "incomplete", "unlucky", "an unknown fault"),
    (EVENT, r#"[{"start":0,"len":4}],"kind""#, r#"[],"kind""#, "no evidence (law 5)"),
    (RESPONSE, "HTTP/1.0", "HTTP/3", "an unknown version"),
    (RESPONSE, r#""status":200"#, r#""status":"200""#, "a status in words"),
    (LOST, "body", "bad luck", "an unknown cap"),
    (CLOSED, "fin", "finished", "an unknown end"),
    (INPUT, r#""start""#, r#""""#, "a button without name"),
    (HELD, r#""act":"answer""#, r#""act":"sleep""#, "an unknown act"),
    (REPORT, r#","uncertainty_us":2"#, "", "no uncertainty"),
];

#[test]
fn wrong_lines_are_refused() {
    for (line, from, to, why) in WRONG {
        assert_eq!(line.matches(from).count(), 1, "{why}: {from} stands once in {line}");
        let wrong = line.replace(from, to);
        assert!(refusal(&wrong).is_some(), "{why} is taken: {wrong}");
    }
    for (line, why) in
        [("", "an empty line"), ("nonsense", "no JSON"), ("[]", "a list"), ("{}", "nothing")]
    {
        assert!(refusal(line).is_some(), "{why} is taken");
    }
}
