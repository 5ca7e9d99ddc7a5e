//! A lesson beside a lab: what is told, and what is asked before the run answers it.

use serde::{Deserialize, Serialize};

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
