//! The names and meanings of settings (RFC 9113, section 6.5.2) and of error codes (section 7).

use super::odd;
use crate::explain::{Explained, explained, sized};

/// The name of a setting, as it is registered with IANA.
#[must_use]
pub const fn setting(number: u16) -> Option<&'static str> {
    Some(match number {
        0x1 => "HEADER_TABLE_SIZE",
        0x2 => "ENABLE_PUSH",
        0x3 => "MAX_CONCURRENT_STREAMS",
        0x4 => "INITIAL_WINDOW_SIZE",
        0x5 => "MAX_FRAME_SIZE",
        0x6 => "MAX_HEADER_LIST_SIZE",
        0x8 => "ENABLE_CONNECT_PROTOCOL",
        0x9 => "NO_RFC7540_PRIORITIES",
        _ => return None,
    })
}

/// The name of an error code.
#[must_use]
pub const fn error_code(code: u32) -> &'static str {
    match code {
        0x0 => "NO_ERROR",
        0x1 => "PROTOCOL_ERROR",
        0x2 => "INTERNAL_ERROR",
        0x3 => "FLOW_CONTROL_ERROR",
        0x4 => "SETTINGS_TIMEOUT",
        0x5 => "STREAM_CLOSED",
        0x6 => "FRAME_SIZE_ERROR",
        0x7 => "REFUSED_STREAM",
        0x8 => "CANCEL",
        0x9 => "COMPRESSION_ERROR",
        0xa => "CONNECT_ERROR",
        0xb => "ENHANCE_YOUR_CALM",
        0xc => "INADEQUATE_SECURITY",
        0xd => "HTTP_1_1_REQUIRED",
        _ => "unassigned",
    }
}

/// Explains an error code.
#[must_use]
pub fn http2_error(code: u32) -> Explained {
    let id = match code {
        0x0 => "explain-h2-error-none",
        0x1 => "explain-h2-error-protocol",
        0x2 => "explain-h2-error-internal",
        0x3 => "explain-h2-error-flow",
        0x4 => "explain-h2-error-timeout",
        0x5 => "explain-h2-error-closed",
        0x6 => "explain-h2-error-size",
        0x7 => "explain-h2-error-refused",
        0x8 => "explain-h2-error-cancel",
        0x9 => "explain-h2-error-compression",
        0xa => "explain-h2-error-connect",
        0xb => "explain-h2-error-calm",
        0xc => "explain-h2-error-security",
        0xd => "explain-h2-error-http11",
        _ => "explain-h2-error-unknown",
    };
    let digits = code.to_string();
    let sentence = text::say(id, &[("code", (&digits).into()), ("name", error_code(code).into())]);
    explained("explain-h2-error", sentence, "RFC 9113, section 7")
}

/// The same, as it stands in four bytes.
pub fn error_of(number: u64) -> Explained {
    http2_error(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Which setting it is.
pub fn setting_id(number: u64) -> String {
    let digits = number.to_string();
    match u16::try_from(number).ok().and_then(setting) {
        Some(name) => {
            let args: [(&str, text::Arg<'_>); 2] =
                [("number", (&digits).into()), ("name", name.into())];
            text::say("explain-h2-setting", &args)
        }
        None => text::say("explain-h2-setting-unknown", &[("number", (&digits).into())]),
    }
}

/// What a setting is set to, where its number and its value are known.
pub fn setting_value(number: Option<u16>, value: Option<u64>) -> Explained {
    const KEY: &str = "explain-h2-value";
    const SETTINGS: &str = "RFC 9113, section 6.5.2";
    let Some(value) = value else { return odd(KEY, 4, SETTINGS) };
    let digits = value.to_string();
    let plain = |id: &str| text::say(id, &[("value", (&digits).into())]);
    let (sentence, source) = match (number, value) {
        (Some(0x1), _) => (sized("explain-h2-value-table", value), SETTINGS),
        (Some(0x2), 0) => (plain("explain-h2-value-push-off"), SETTINGS),
        (Some(0x2), 1) => (plain("explain-h2-value-push-on"), SETTINGS),
        (Some(0x3), _) => (plain("explain-h2-value-streams"), SETTINGS),
        (Some(0x4), _) => (sized("explain-h2-value-window", value), SETTINGS),
        (Some(0x5), _) => (sized("explain-h2-value-frame", value), SETTINGS),
        (Some(0x6), _) => (sized("explain-h2-value-list", value), SETTINGS),
        (Some(0x8), 1) => (plain("explain-h2-value-connect-on"), "RFC 8441, section 3"),
        (Some(0x8), _) => (plain("explain-h2-value-connect-off"), "RFC 8441, section 3"),
        (Some(0x9), 1) => (plain("explain-h2-value-priorities-off"), "RFC 9218, section 2.1"),
        (Some(0x9), _) => (plain("explain-h2-value-priorities-on"), "RFC 9218, section 2.1"),
        _ => (plain("explain-h2-value"), SETTINGS),
    };
    explained(KEY, sentence, source)
}
