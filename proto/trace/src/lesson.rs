//! A lesson beside a lab: what is told, and what is asked before the run answers it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::log::Header;

/// A lesson as `GET /api/lessons/{lab}` gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// The lab's name in the API: `http10`.
    pub lab: String,
    /// Its title, as plain text.
    pub title: String,
    /// What the lab shows, in one line of plain text.
    pub line: String,
    /// What five minutes are enough for: HTML without scripts, pictures and raw markup.
    pub minutes: String,
    /// What more there is to know: HTML of the same kind.
    pub depth: String,
    /// What is asked before the run, in order.
    pub predict: Vec<Predict>,
}

/// A question before the run. Its answer is a figure of that run, never a number written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// The question, as plain text.
    pub ask: String,
    /// The figure that answers it.
    pub answer: Figure,
    /// Why it comes out as it does, told once it is known; plain text.
    pub why: String,
    /// The parameters that a run must have to answer it, each with its value; none where any run may.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub when: BTreeMap<String, String>,
}

impl Predict {
    /// Whether a run with these parameters answers the question.
    #[must_use]
    pub fn is_answered_by(&self, header: &Header) -> bool {
        self.when.iter().all(|(name, wanted)| match header.params.get(name) {
            Some(Value::String(word)) => word == wanted,
            Some(Value::Bool(on)) => wanted.parse() == Ok(*on),
            Some(Value::Number(number)) => number.as_u64() == wanted.parse().ok(),
            Some(_) | None => false,
        })
    }
}

/// A figure that is reckoned from a run's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// TCP connections that became the run's.
    ConnectionsOpened,
    /// Those of them that closed.
    ConnectionsClosed,
    /// Requests heard whole, preflights apart.
    Requests,
    /// Answers heard whole, interim ones and those to preflights apart.
    Responses,
    /// Bytes that came to the server on the lab's connections.
    BytesToServer,
    /// Bytes that went to the client on the lab's connections.
    BytesToClient,
    /// How many in a hundred of all bytes are content of successful answers.
    PayloadSharePercent,
    /// The longest time, in milliseconds, for which the server had a whole request before its
    /// answer left.
    LongestWaitMs,
    /// The most requests, preflights apart, on any one connection.
    RequestsOnBusiestConnection,
    /// Connections that the server was the first to close.
    ClosedByServer,
    /// Answers to a poll without a message.
    EmptyResponses,
    /// Messages delivered to a client.
    Messages,
    /// The longest time, in milliseconds, from a message's append or sending to its landing.
    LongestDeliveryMs,
    /// The most clients that one instance served.
    ClientsOnBusiestInstance,
    /// How many in a hundred of all bytes of client connections went over the busiest instance.
    BusiestInstancePercent,
    /// Messages that are gone for good.
    MessagesLost,
    /// The longest time, in milliseconds, for which an answer waited behind others on its connection.
    LongestBehindMs,
    /// How many in a hundred of the JSON's bytes the same message has as Protocol Buffers. This and those
    /// below are measured in a lab without runs; in a run's log they are 0.
    ProtobufPercentOfJson,
    /// How many in a hundred of the XML's bytes say values.
    ValuesPercentOfXml,
    /// How many times as long as Protocol Buffers the server takes to read JSON, rounded.
    JsonToProtobufDecode,
    /// How many times as long as JSON the browser takes to read XML, rounded.
    XmlToJsonDecode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::FORMAT;

    #[test]
    fn a_question_may_want_a_run_with_these_parameters() {
        let mut header = Header {
            lifeline: FORMAT,
            run: crate::ids::RunId("abc".to_owned()),
            lab: "grpc".to_owned(),
            params: serde_json::Map::new(),
            seed: 0,
            participants: Vec::new(),
            started: String::new(),
        };
        let mut predict = Predict {
            ask: "How many?".to_owned(),
            answer: Figure::Messages,
            why: "So.".to_owned(),
            when: BTreeMap::new(),
        };
        assert!(predict.is_answered_by(&header));
        for (name, value) in [("contract", "v2"), ("messages", "3")] {
            predict.when.insert(name.to_owned(), value.to_owned());
        }
        assert!(!predict.is_answered_by(&header));
        header.params.insert("contract".to_owned(), "v2".into());
        header.params.insert("messages".to_owned(), 3.into());
        assert!(predict.is_answered_by(&header));
        header.params.insert("contract".to_owned(), "v1".into());
        assert!(!predict.is_answered_by(&header));
    }
}
