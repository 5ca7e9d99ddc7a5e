//! What is known of messages beforehand: which calls there are, and which fields their messages
//! have. A table of `proto/lifeline/v1/chat.proto` (a test compares the two) and of gRPC's health
//! check.

use trace::grpc::Wire;
use trace::span::Side;

/// A call.
#[derive(Debug)]
pub struct Method {
    /// Its service, with the package.
    pub service: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// What the client says.
    pub request: &'static Message,
    /// What the server says.
    pub response: &'static Message,
}

/// A kind of message.
#[derive(Debug)]
pub struct Message {
    /// Its name, without the package.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field of a kind of message.
#[derive(Debug)]
pub struct Field {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A number from 0.
    Uint32,
    /// A number from 0.
    Uint64,
    /// A number that may be negative, and then takes ten bytes.
    Int64,
    /// A number that may be negative, with its sign in the lowest bit.
    Sint64,
    /// Yes or no.
    Bool,
    /// One of these, from 0.
    Enum(&'static [&'static str]),
    /// A number of eight bytes, IEEE 754.
    Double,
    /// A text in UTF-8.
    String,
    /// Any bytes.
    Bytes,
    /// A message in the message.
    Message(&'static Message),
}

impl Kind {
    /// How it stands on the wire.
    #[must_use]
    pub const fn wire(self) -> Wire {
        match self {
            Self::Uint32
            | Self::Uint64
            | Self::Int64
            | Self::Sint64
            | Self::Bool
            | Self::Enum(_) => Wire::Varint,
            Self::Double => Wire::Fixed64,
            Self::String | Self::Bytes | Self::Message(_) => Wire::Len,
        }
    }

    /// Its name in a contract; what names itself is just `enum` or `message`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Int64 => "int64",
            Self::Sint64 => "sint64",
            Self::Bool => "bool",
            Self::Enum(_) => "enum",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Message(_) => "message",
        }
    }
}

impl Message {
    /// The field of this number.
    #[must_use]
    pub fn field(&self, number: u32) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.number == number)
    }
}

impl Method {
    /// What a side says in it.
    #[must_use]
    pub const fn said(&self, from: Side) -> &'static Message {
        match from {
            Side::Client => self.request,
            Side::Server => self.response,
        }
    }
}

/// The call of this path. Where a service lies below another path, the last two segments count.
#[must_use]
pub fn method(path: &str) -> Option<&'static Method> {
    let mut segments = path.rsplit('/');
    let (name, service) = (segments.next()?, segments.next()?);
    METHODS.iter().find(|method| method.service == service && method.name == name)
}

/// What a side says in the call of this path.
#[must_use]
pub fn message(path: &str, from: Side) -> Option<&'static Message> {
    method(path).map(|method| method.said(from))
}

/// Every call that is known.
pub static METHODS: [Method; 5] = [
    Method {
        service: "lifeline.v1.Chat",
        name: "Send",
        request: &SEND_REQUEST,
        response: &SEND_RESPONSE,
    },
    Method {
        service: "lifeline.v1.Chat",
        name: "Subscribe",
        request: &SUBSCRIBE_REQUEST,
        response: &MESSAGE,
    },
    Method {
        service: "lifeline.v1.Chat",
        name: "Upload",
        request: &SEND_REQUEST,
        response: &UPLOAD_RESPONSE,
    },
    Method {
        service: "lifeline.v1.Chat",
        name: "Converse",
        request: &SEND_REQUEST,
        response: &MESSAGE,
    },
    Method {
        service: "grpc.health.v1.Health",
        name: "Check",
        request: &HEALTH_CHECK_REQUEST,
        response: &HEALTH_CHECK_RESPONSE,
    },
];

static SEND_REQUEST: Message = Message {
    name: "SendRequest",
    fields: &[
        Field { number: 1, name: "from", kind: Kind::String },
        Field { number: 2, name: "to", kind: Kind::String },
        Field { number: 3, name: "text", kind: Kind::String },
    ],
};

static SEND_RESPONSE: Message = Message {
    name: "SendResponse",
    fields: &[Field { number: 1, name: "id", kind: Kind::Uint64 }],
};

static SUBSCRIBE_REQUEST: Message = Message {
    name: "SubscribeRequest",
    fields: &[
        Field { number: 1, name: "user", kind: Kind::String },
        Field { number: 2, name: "after", kind: Kind::Uint64 },
        Field { number: 3, name: "max", kind: Kind::Uint32 },
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

static UPLOAD_RESPONSE: Message = Message {
    name: "UploadResponse",
    fields: &[
        Field { number: 1, name: "count", kind: Kind::Uint32 },
        Field { number: 2, name: "last_id", kind: Kind::Uint64 },
    ],
};

static HEALTH_CHECK_REQUEST: Message = Message {
    name: "HealthCheckRequest",
    fields: &[Field { number: 1, name: "service", kind: Kind::String }],
};

/// Its `ServingStatus`, by number.
const SERVING_STATUS: &[&str] = &["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

static HEALTH_CHECK_RESPONSE: Message = Message {
    name: "HealthCheckResponse",
    fields: &[Field { number: 1, name: "status", kind: Kind::Enum(SERVING_STATUS) }],
};

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const CONTRACT: &str = include_str!("../../../lifeline/v1/chat.proto");

    /// The contract's lines, as the table has them: a call is `Send SendRequest SendResponse`, a
    /// field `SendRequest string from 1`.
    pub fn written(contract: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut within = "";
        for line in contract.lines() {
            let plain = line.split("//").next().unwrap().replace(['(', ')', ';', '='], " ");
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["message", name, "{"] = words[..] {
                within = name;
            }
            let mut words: Vec<&str> = plain.split_whitespace().collect();
            words.retain(|word| *word != "stream");
            match words[..] {
                ["rpc", name, request, "returns", response] => {
                    lines.push(format!("{name} {request} {response}"));
                }
                [kind, name, number] if number.parse::<u32>().is_ok() => {
                    lines.push(format!("{within} {kind} {name} {number}"));
                }
                _ => {}
            }
        }
        lines.sort();
        lines
    }

    /// The same of a table's calls to a service.
    pub fn known(methods: &[Method], service: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for method in methods.iter().filter(|method| method.service == service) {
            let Method { name, request, response, .. } = method;
            lines.push(format!("{name} {} {}", request.name, response.name));
            for message in [request, response] {
                for Field { number, name, kind } in message.fields {
                    lines.push(format!("{} {} {name} {number}", message.name, kind.name()));
                }
            }
        }
        lines.sort();
        lines.dedup();
        lines
    }

    #[test]
    fn the_table_says_what_the_contract_says() {
        let known = known(&METHODS, "lifeline.v1.Chat");
        assert_eq!(known, written(CONTRACT));
        assert_eq!(known.len(), 4 + 3 + 1 + 3 + 4 + 2);
        assert!(CONTRACT.contains("\npackage lifeline.v1;\n"));
    }

    #[test]
    fn a_call_is_known_by_the_end_of_its_path() {
        let name = |path, from| message(path, from).map(|message| message.name);
        assert_eq!(name("/lifeline.v1.Chat/Send", Side::Client), Some("SendRequest"));
        assert_eq!(name("/r/abc/lifeline.v1.Chat/Send", Side::Server), Some("SendResponse"));
        assert_eq!(name("/grpc.health.v1.Health/Check", Side::Client), Some("HealthCheckRequest"));
        for path in ["", "Send", "/Chat/Send", "/lifeline.v1.Chat/", "/lifeline.v1.Chat/Send/"] {
            assert_eq!(name(path, Side::Client), None, "{path}");
        }
    }
}
