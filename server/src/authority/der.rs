//! What must be known of an authority's certificate that was kept: a walk over its DER (RFC 5280,
//! section 4.1), as far as the key and no further. Who trusts it reads it whole.

/// What an authority's certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its own name, which is all of its subject.
    pub name: String,
    /// From when on it holds, RFC 3339, UTC.
    pub not_before: String,
    /// Until when.
    pub not_after: String,
    /// Its public key, with the algorithm, as it stands there.
    pub key: Vec<u8>,
    /// The names for which it may vouch, with those below them; none where it says nothing of that.
    pub permitted: Option<Vec<String>>,
}

/// An element: its tag, what is in it, and all of it.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const UTF8_STRING: u8 = 0x0c;
const BOOLEAN: u8 = 0x01;
const EXTENSIONS: u8 = 0xa3;
const PERMITTED: u8 = 0xa0;
const DNS_NAME: u8 = 0x82;
/// 2.5.29.30
const NAME_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 0x1e];
/// 2.5.4.3
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

/// Reads a certificate whose subject is a common name and nothing else. None for any other.
pub fn read(cert: &[u8]) -> Option<Read> {
    let mut all = cert;
    let mut signed = sequence(&mut all)?;
    let mut fields = sequence(&mut signed)?;
    let first = element(&mut fields)?;
    if first.tag == VERSION {
        // The serial number follows.
        element(&mut fields)?;
    }
    let _algorithm = sequence(&mut fields)?;
    let _issuer = sequence(&mut fields)?;
    let mut validity = sequence(&mut fields)?;
    let subject = sequence(&mut fields)?;
    let key = element(&mut fields)?;
    let not_before = moment(&element(&mut validity)?)?;
    let not_after = moment(&element(&mut validity)?)?;
    let (name, permitted) = (common_name(subject)?, permitted(fields));
    Some(Read { name, not_before, not_after, key: key.whole.to_vec(), permitted })
}

/// The names for which it may vouch, in what follows the key.
fn permitted(mut fields: &[u8]) -> Option<Vec<String>> {
    let mut all = loop {
        let field = element(&mut fields)?;
        if field.tag == EXTENSIONS {
            break field.content;
        }
    };
    let mut extensions = sequence(&mut all)?;
    loop {
        let mut extension = sequence(&mut extensions)?;
        let kind = element(&mut extension)?;
        if kind.content == NAME_CONSTRAINTS {
            let first = element(&mut extension)?;
            // It may say before that it is critical.
            let value = if first.tag == BOOLEAN { element(&mut extension)? } else { first };
            return dns_names(value.content);
        }
    }
}

/// The permitted ones among constraints of names.
fn dns_names(mut constraints: &[u8]) -> Option<Vec<String>> {
    let mut subtrees = sequence(&mut constraints)?;
    let permitted = element(&mut subtrees).filter(|first| first.tag == PERMITTED)?;
    let (mut names, mut left) = (Vec::new(), permitted.content);
    while let Some(mut subtree) = sequence(&mut left) {
        let base = element(&mut subtree).filter(|base| base.tag == DNS_NAME);
        names.extend(base.and_then(|base| String::from_utf8(base.content.to_vec()).ok()));
    }
    Some(names)
}

/// The next element, after which `bytes` go on.
fn element<'a>(bytes: &mut &'a [u8]) -> Option<Element<'a>> {
    let all = *bytes;
    let (tag, rest) = all.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0_usize, |len, digit| (len << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(len)?;
    let (whole, _) = all.split_at_checked(all.len() - rest.len())?;
    *bytes = rest;
    Some(Element { tag: *tag, content, whole })
}

/// What is in the next element, which must be a sequence.
fn sequence<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    element(bytes).filter(|element| element.tag == SEQUENCE).map(|element| element.content)
}

/// The one common name that a subject is.
fn common_name(mut subject: &[u8]) -> Option<String> {
    let mut set = element(&mut subject)?.content;
    let mut pair = sequence(&mut set)?;
    let (kind, value) = (element(&mut pair)?, element(&mut pair)?);
    let alone = subject.is_empty() && set.is_empty() && pair.is_empty();
    if !alone || kind.content != COMMON_NAME || value.tag != UTF8_STRING {
        return None;
    }
    String::from_utf8(value.content.to_vec()).ok()
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ` as RFC 3339 has it.
fn moment(time: &Element<'_>) -> Option<String> {
    let text = std::str::from_utf8(time.content).ok()?;
    let text = match time.tag {
        UTC_TIME if text.starts_with(['5', '6', '7', '8', '9']) => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let digits = text.strip_suffix('Z')?;
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (date, time) = digits.split_at_checked(8)?;
    let (year, day) = date.split_at_checked(4)?;
    let (month, day) = day.split_at_checked(2)?;
    let (hour, rest) = time.split_at_checked(2)?;
    let (minute, second) = rest.split_at_checked(2)?;
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_both_forms() {
        let said = |tag, text: &str| {
            moment(&Element { tag, content: text.as_bytes(), whole: text.as_bytes() })
        };
        assert_eq!(said(UTC_TIME, "311122000000Z").as_deref(), Some("2031-11-22T00:00:00Z"));
        assert_eq!(said(UTC_TIME, "750101000000Z").as_deref(), Some("1975-01-01T00:00:00Z"));
        let late = said(GENERALIZED_TIME, "20501122010203Z");
        assert_eq!(late.as_deref(), Some("2050-11-22T01:02:03Z"));
        for bad in ["", "Z", "3111220000Z", "31112200000xZ", "311122000000"] {
            assert_eq!(said(UTC_TIME, bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        let bad: [&[u8]; 4] = [b"", b"\x30", b"\x30\x05\x30", b"\x30\x84\xff\xff\xff\xff"];
        for bad in bad {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
