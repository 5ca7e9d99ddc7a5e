//! The contract after a change: a table of `proto/lifeline/v2/chat.proto` (a test compares the
//! two). Nothing is named by it while it is heard, for all clients have the first one; it is for
//! the question what a service makes of their bytes that has this one, and they of its.

use super::contract::{self, Field, Kind, Message, Method};

/// The service of the first contract, which clients call.
const FIRST: &str = "lifeline.v1.Chat";

/// A call of the chat by both contracts.
#[derive(Debug, Clone, Copy)]
pub struct Both {
    /// As clients have it.
    pub first: &'static Method,
    /// As it was changed; none where it was removed.
    pub second: Option<&'static Method>,
}

/// The call of this path, if it is the chat's.
#[must_use]
pub fn both(path: &str) -> Option<Both> {
    let first = contract::method(path).filter(|method| method.service == FIRST)?;
    let second = METHODS.iter().find(|method| method.name == first.name);
    Some(Both { first, second })
}

static METHODS: [Method; 3] = [
    Method {
        service: "lifeline.v2.Chat",
        name: "Send",
        request: &SEND_REQUEST,
        response: &SEND_RESPONSE,
    },
    Method {
        service: "lifeline.v2.Chat",
        name: "Subscribe",
        request: &SUBSCRIBE_REQUEST,
        response: &MESSAGE,
    },
    Method {
        service: "lifeline.v2.Chat",
        name: "Converse",
        request: &SAY_REQUEST,
        response: &MESSAGE,
    },
];

static SEND_REQUEST: Message = Message {
    name: "SendRequest",
    fields: &[
        Field { number: 1, name: "from", kind: Kind::String },
        Field { number: 2, name: "to", kind: Kind::String },
        Field { number: 3, name: "text", kind: Kind::String },
        Field { number: 4, name: "priority", kind: Kind::Uint32 },
    ],
};

static SEND_RESPONSE: Message = Message {
    name: "SendResponse",
    fields: &[
        Field { number: 1, name: "id", kind: Kind::Uint64 },
        Field { number: 2, name: "sent_at_ms", kind: Kind::Uint64 },
    ],
};

static SUBSCRIBE_REQUEST: Message = Message {
    name: "SubscribeRequest",
    fields: &[
        Field { number: 1, name: "user", kind: Kind::String },
        Field { number: 2, name: "after", kind: Kind::String },
        Field { number: 3, name: "max", kind: Kind::String },
    ],
};

static SAY_REQUEST: Message = Message {
    name: "SayRequest",
    fields: &[
        Field { number: 1, name: "from", kind: Kind::String },
        Field { number: 2, name: "to", kind: Kind::String },
        Field { number: 5, name: "text", kind: Kind::String },
    ],
};

static MESSAGE: Message = Message {
    name: "Message",
    fields: &[
        Field { number: 1, name: "id", kind: Kind::Uint64 },
        Field { number: 2, name: "from", kind: Kind::String },
        Field { number: 3, name: "to", kind: Kind::String },
        Field { number: 4, name: "text", kind: Kind::String },
    ],
};

#[cfg(test)]
mod tests {
    use trace::span::Side;

    use super::contract::tests::{known, written};
    use super::*;

    const CONTRACT: &str = include_str!("../../../lifeline/v2/chat.proto");

    #[test]
    fn the_table_says_what_the_contract_says() {
        let known = known(&METHODS, "lifeline.v2.Chat");
        assert_eq!(known, written(CONTRACT));
        assert_eq!(known.len(), 3 + 4 + 2 + 3 + 3 + 4);
        assert!(CONTRACT.contains("\npackage lifeline.v2;\n"));
    }

    #[test]
    fn a_call_is_known_by_both() {
        let says = |path| {
            let Both { first, second } = both(path)?;
            let second = second.map(|method| method.said(Side::Client).name);
            Some((first.said(Side::Client).name, second))
        };
        assert_eq!(says("/lifeline.v1.Chat/Send"), Some(("SendRequest", Some("SendRequest"))));
        let converse = says("/r/abc/lifeline.v1.Chat/Converse");
        assert_eq!(converse, Some(("SendRequest", Some("SayRequest"))));
        assert_eq!(says("/lifeline.v1.Chat/Upload"), Some(("SendRequest", None)));
        for none in ["/grpc.health.v1.Health/Check", "/lifeline.v2.Chat/Send", "", "/hello"] {
            assert_eq!(says(none), None, "{none}");
        }
    }
}
