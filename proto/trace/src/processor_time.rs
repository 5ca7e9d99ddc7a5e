//! What a delivered message costs the server, as `GET /api/processor_time` tells it: processor time of the
//! thread that serves, for one message to one client, by three protocols in one run.

use serde::{Deserialize, Serialize};

/// A way to push messages to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// A server stream of gRPC, over HTTP/2.
    Grpc,
    /// Server-Sent Events, over HTTP/1.1.
    Sse,
    /// A WebSocket.
    Websocket,
}

impl Protocol {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Grpc, Self::Sse, Self::Websocket];

    /// Its name in the API, which is that of its lab too.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Sse => "sse",
            Self::Websocket => "websocket",
        }
    }
}

/// What a message costs by one protocol. Times are microseconds for one message; those of the delivery have
/// the publishing taken off, round by round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// By which.
    pub protocol: Protocol,
    /// To deliver it, by the service alone: half of the rounds took at most this.
    pub median_us: f64,
    /// One of ten rounds took at most this.
    pub p10: f64,
    /// Nine of ten rounds took at most this.
    pub p90: f64,
    /// To put it in for this protocol, with nobody there who hears it: the median.
    pub publish_us: f64,
    /// To deliver it as the labs do it, where everything is heard and decoded too: the median.
    pub heard_us: f64,
    /// Bytes that came to the client for one message, of HTTP and what lies above.
    pub bytes_on_wire_per_message: f64,
}

/// What `GET /api/processor_time` gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessorTime {
    /// How many messages were to be delivered by each protocol.
    pub messages: u64,
    /// How long the text of each was, in bytes.
    pub bytes: u64,
    /// In how many rounds it was measured; in each the protocols had their turns.
    pub rounds: u64,
    /// Whether the program was built without optimisation: such times say little.
    pub debug: bool,
    /// To put a message in with nobody there who hears it: the median of all.
    pub publish_us: f64,
    /// Each protocol, in the order of [`Protocol::ALL`].
    pub protocols: Vec<Cost>,
    /// Whether all messages were delivered; else the time was over before.
    pub whole: bool,
}

impl ProcessorTime {
    /// What a message costs by one protocol.
    #[must_use]
    pub fn of(&self, protocol: Protocol) -> Option<Cost> {
        self.protocols.iter().find(|cost| cost.protocol == protocol).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_again() {
        let cost = |protocol| Cost {
            protocol,
            median_us: 7.25,
            p10: 7.0,
            p90: 9.5,
            publish_us: 1.5,
            heard_us: 21.0,
            bytes_on_wire_per_message: 88.5,
        };
        let report = ProcessorTime {
            messages: 1_000,
            bytes: 64,
            rounds: 20,
            debug: false,
            publish_us: 1.5,
            protocols: Protocol::ALL.map(cost).to_vec(),
            whole: true,
        };
        let text = serde_json::to_string(&report).unwrap();
        assert!(text.contains(r#""protocol":"grpc","median_us":7.25,"p10":7.0"#), "{text}");
        assert_eq!(serde_json::from_str::<ProcessorTime>(&text).unwrap(), report);
        let ids = Protocol::ALL.map(|protocol| report.of(protocol).unwrap().protocol.id());
        assert_eq!(ids, ["grpc", "sse", "websocket"]);
    }
}
