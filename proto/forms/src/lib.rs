//! One message in three encodings: JSON, XML and Protocol Buffers. Each is written and read by the library
//! that a program would take for it; nothing is encoded by hand, so that bytes and times are those of
//! ordinary code.
//!
//! Open first: [`message`] (what is said), [`rows`] (where each field lies in each encoding), [`timing`]
//! (what is repeated, and the figures of it). There is no clock here: who measures brings one.

pub mod message;

pub mod contract;

pub mod rows;

pub mod timing;

use prost::Message as _;
use serde::{Deserialize, Serialize};

use message::Message;

/// An encoding.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Text: names and values between quotes and brackets (RFC 8259).
    #[default]
    Json,
    /// Text: each value between two tags (W3C XML 1.0). The declaration, which may be left out, is.
    Xml,
    /// Bytes: a number for each name, lengths instead of ends.
    Protobuf,
}

impl Form {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Json, Self::Xml, Self::Protobuf];

    /// Its name in the API.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Protobuf => "protobuf",
        }
    }

    /// Its own name, which is the same in every language.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Protobuf => "Protocol Buffers",
        }
    }

    /// Whether its bytes are text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Json | Self::Xml)
    }

    /// Its place among all.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Json => 0,
            Self::Xml => 1,
            Self::Protobuf => 2,
        }
    }
}

/// Writes a message. None of the three can fail at it: each field has a name and a type that they know.
#[must_use]
pub fn encode(form: Form, message: &Message) -> Vec<u8> {
    match form {
        Form::Json => serde_json::to_vec(message).unwrap_or_default(),
        Form::Xml => quick_xml::se::to_string(message).unwrap_or_default().into_bytes(),
        Form::Protobuf => message.encode_to_vec(),
    }
}

/// Reads a message.
///
/// # Errors
/// What the encoding's library says is wrong.
pub fn decode(form: Form, bytes: &[u8]) -> Result<Message, String> {
    match form {
        Form::Json => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
        Form::Xml => {
            let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
            quick_xml::de::from_str(text).map_err(|error| error.to_string())
        }
        Form::Protobuf => Message::decode(bytes).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::message::{Size, sample};
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for size in Size::ALL {
            let message = sample(size);
            for form in Form::ALL {
                let bytes = encode(form, &message);
                assert!(!bytes.is_empty(), "{size:?} as {form:?}");
                assert_eq!(decode(form, &bytes).as_ref(), Ok(&message), "{size:?} as {form:?}");
                assert!(!form.is_text() || std::str::from_utf8(&bytes).is_ok(), "{form:?}");
            }
        }
    }

    #[test]
    fn each_is_smaller_than_the_one_before() {
        for size in Size::ALL {
            let message = sample(size);
            let [json, xml, protobuf] = Form::ALL.map(|form| encode(form, &message).len());
            assert!(protobuf < json && json < xml, "{size:?}: {json}, {xml}, {protobuf}");
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let message = sample(Size::Small);
        for form in Form::ALL {
            let bytes = encode(form, &message);
            let cut = decode(form, &bytes[..bytes.len() - 1]);
            assert!(cut.is_err_and(|why| !why.is_empty()), "{form:?}");
        }
    }

    #[test]
    fn names_and_places_go_together() {
        for (index, form) in Form::ALL.into_iter().enumerate() {
            assert_eq!(form.index(), index);
            let said = serde_json::to_string(&form).unwrap();
            assert_eq!(said, format!("\"{}\"", form.id()));
        }
    }
}
