//! Handshake messages: of both hellos what is weighty (RFC 8446, sections 4.1 and 4.2), others as a
//! whole.

use trace::field::Name;
use trace::span::Span;
use trace::tls::Message;

use super::walk::{Walk, keep};
use crate::reader::Tiler;
use crate::transcript::escape;

/// The random bytes by which a `ServerHello` is a `HelloRetryRequest` (RFC 8446, section 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The longest server name that is kept.
const NAME_MAX: usize = 255;

/// Whose hello it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hello {
    Client,
    Server,
}

/// Reads a message's body and cuts it into fields. Says also where something does not fit.
pub fn read(kind: u8, body: &[u8], tiler: &mut Tiler) -> (Message, Option<Span>) {
    let mut walk = Walk::new(kind, body, tiler);
    // The whole body is always there.
    let _ = walk.within(body.len(), |walk| match kind {
        1 => walk.client_hello(),
        2 => walk.server_hello(),
        _ => walk.opaque(Name::TlsMessageBody),
    });
    (walk.said, walk.bad)
}

impl Walk<'_, '_> {
    fn client_hello(&mut self) -> Option<()> {
        let version = self.number(Name::TlsLegacyVersion)?;
        self.said.versions = vec![version];
        self.take(Name::TlsRandom, 32)?;
        let len = self.length(1)?;
        self.take(Name::TlsSessionId, len)?;
        self.vector(2, |walk| {
            let suite = walk.number(Name::TlsCipherSuite)?;
            keep(&mut walk.said.suites, suite);
            Some(())
        })?;
        let len = self.length(1)?;
        self.take(Name::TlsCompression, len)?;
        self.extensions(Hello::Client)
    }

    fn server_hello(&mut self) -> Option<()> {
        let version = self.number(Name::TlsLegacyVersion)?;
        self.said.versions = vec![version];
        self.said.retry = self.take(Name::TlsRandom, 32)? == RETRY;
        let len = self.length(1)?;
        self.take(Name::TlsSessionId, len)?;
        let suite = self.number(Name::TlsCipherSuite)?;
        self.said.suites = vec![suite];
        self.take(Name::TlsCompression, 1)?;
        self.extensions(Hello::Server)
    }

    /// Extensions (RFC 8446, section 4.2); before TLS 1.3 there may be none, and no length either.
    fn extensions(&mut self, of: Hello) -> Option<()> {
        if self.rest.is_empty() {
            return Some(());
        }
        self.vector(2, |walk| walk.extension(of))
    }

    fn extension(&mut self, of: Hello) -> Option<()> {
        let kind = self.number(Name::TlsExtensionType)?;
        let len = self.length(2)?;
        self.within(len, |walk| match (kind, of) {
            (0, Hello::Client) => walk.server_name(),
            (10, _) => walk.vector(2, Self::group),
            (16, _) => walk.protocols(),
            (43, _) => walk.versions(of),
            (51, Hello::Client) => walk.vector(2, Self::key_share),
            // A HelloRetryRequest names a group and has no key of it.
            (51, Hello::Server) if walk.rest.len() == 2 => walk.group(),
            (51, Hello::Server) => walk.key_share(),
            _ => walk.opaque(Name::TlsExtensionData),
        })
    }

    /// Server name indication (RFC 6066, section 3).
    fn server_name(&mut self) -> Option<()> {
        self.vector(2, |walk| {
            walk.take(Name::TlsNameType, 1)?;
            let len = walk.length(2)?;
            let name = walk.take(Name::TlsServerName, len)?;
            let kept = name.get(..len.min(NAME_MAX)).unwrap_or_default();
            walk.said.server_name.get_or_insert_with(|| escape(kept));
            Some(())
        })
    }

    /// Application-layer protocol negotiation (RFC 7301, section 3.1).
    fn protocols(&mut self) -> Option<()> {
        self.vector(2, |walk| {
            let len = walk.length(1)?;
            let name = escape(walk.take(Name::TlsProtocolName, len)?);
            keep(&mut walk.said.alpn, name);
            Some(())
        })
    }

    /// The versions in place of the legacy one (RFC 8446, section 4.2.1).
    fn versions(&mut self, of: Hello) -> Option<()> {
        self.said.versions.clear();
        if of == Hello::Server {
            return self.version();
        }
        self.vector(1, Self::version)
    }

    fn version(&mut self) -> Option<()> {
        let version = self.number(Name::TlsVersion)?;
        keep(&mut self.said.versions, version);
        Some(())
    }

    /// A group in which keys are agreed on (RFC 8446, section 4.2.7).
    fn group(&mut self) -> Option<()> {
        self.number(Name::TlsGroup)?;
        Some(())
    }

    /// A group and a public key in it (RFC 8446, section 4.2.8).
    fn key_share(&mut self) -> Option<()> {
        self.group()?;
        let len = self.length(2)?;
        self.take(Name::TlsKeyShare, len)?;
        Some(())
    }
}
