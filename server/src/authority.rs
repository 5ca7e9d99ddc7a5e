//! The certificate authority of this server: made here, known nowhere else, and trusted only by who
//! imports it. It can vouch for this machine's own names and for addresses, and its key is let go once
//! the server's certificate is made. With `--data` it is kept, so that it has to be trusted once.

mod der;
mod kept;
mod permitted;
mod stranger;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use base64::Engine as _;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sha2::{Digest as _, Sha256};

use crate::clock;
use crate::error::StartError;
use der::Read;

/// For how many days an authority may be trusted.
const AUTHORITY_DAYS: i64 = 5 * 365;

/// For how many days a server's certificate holds; browsers take no more than 398.
const SERVER_DAYS: i64 = 390;

/// The most addresses that a certificate names.
const ADDRESSES: usize = 64;

/// Who vouches for this server, as everybody may know it.
#[derive(Debug, Clone)]
pub struct Authority {
    /// What the API tells.
    pub about: trace::studio::Authority,
    /// The certificate, to be imported.
    pub pem: String,
    /// Until when the server's own certificate holds, RFC 3339, UTC: it is made anew with each start.
    pub until: String,
}

/// TLS at a service.
#[derive(Debug, Clone)]
pub struct Door {
    /// How the service shakes hands.
    pub server: Arc<ServerConfig>,
    /// How this program's own clients do.
    pub client: Arc<ClientConfig>,
    /// Whether nothing else is spoken there.
    pub only: bool,
}

/// The doors of this server's services.
#[derive(Debug, Clone)]
pub struct Doors {
    /// Beside plain HTTP/1.0, and without HTTP/2.
    pub beside: Door,
    /// TLS alone, for HTTP/2 and HTTP/1.1.
    pub only: Door,
    /// Beside plain HTTP/1.1, with a certificate for which nobody vouches.
    pub stranger: Door,
}

/// Year, month and day.
type Day = (i32, u8, u8);

/// An authority with its key.
struct Secret {
    cert: CertificateDer<'static>,
    key: KeyPair,
    read: Read,
    kept: bool,
}

/// Takes the authority that is kept in a folder, or makes one; and the certificate of a server that
/// listens on an address.
///
/// # Errors
/// One that is kept and cannot be used.
pub fn open(data: Option<&Path>, host: IpAddr) -> Result<(Authority, Doors), StartError> {
    let cannot = |error: anyhow::Error| StartError::Certificate(format!("{error:#}"));
    let machine = machine();
    let secret = match data {
        Some(folder) => kept::open(folder, || make(&machine).map_err(cannot))?,
        None => make(&machine).map_err(cannot)?,
    };
    let about = trace::studio::Authority {
        name: secret.read.name.clone(),
        fingerprint_sha256: fingerprint(&secret.cert),
        kept: secret.kept,
        not_after: secret.read.not_after.clone(),
    };
    let names = permitted::among(secret.read.permitted.as_deref(), names(host, &machine));
    let last = last_day(&secret.read).map_err(cannot)?;
    let authority = Authority { about, pem: pem(&secret.cert), until: midnight(last) };
    let doors = doors(secret, names, last).map_err(cannot)?;
    Ok((authority, doors))
}

/// When the server's certificate ends: not after who vouches for it.
fn last_day(read: &Read) -> anyhow::Result<Day> {
    let most = clock::day_of(&read.not_after).context("nobody knows when the authority ends")?;
    let wanted = clock::day(SERVER_DAYS);
    if most < wanted {
        tracing::warn!(
            until = read.not_after,
            "the certificate authority ends soon, and what it vouches for with it; move its folder \
             away before then, and a new one is made"
        );
    }
    Ok(wanted.min(most))
}

/// The beginning of a day, RFC 3339, UTC.
fn midnight((year, month, day): Day) -> String {
    format!("{year:04}-{month:02}-{day:02}T00:00:00Z")
}

/// A new authority.
fn make(machine: &str) -> anyhow::Result<Secret> {
    let name = format!("Lifeline on {machine}");
    let key = KeyPair::generate()?;
    let cert = params(&name, permitted::bases(machine))?.self_signed(&key)?.der().clone();
    let read = der::read(&cert).ok_or_else(|| anyhow::anyhow!("it cannot be read again"))?;
    Ok(Secret { cert, key, read, kept: false })
}

/// What an authority's certificate says: it vouches for no others, and may make no further authorities.
fn params(name: &str, bases: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name = called(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(permitted::constraints(bases));
    hold(&mut params, clock::day(AUTHORITY_DAYS));
    Ok(params)
}

/// Lets a certificate hold from yesterday on, since clocks differ, until a day begins.
fn hold(params: &mut CertificateParams, last: Day) {
    let (year, month, day) = clock::day(-1);
    params.not_before = date_time_ymd(year, month, day);
    let (year, month, day) = last;
    params.not_after = date_time_ymd(year, month, day);
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// The server's certificate, and what takes and trusts it.
fn doors(secret: Secret, names: Vec<String>, last: Day) -> anyhow::Result<Doors> {
    let Secret { cert, key, read, .. } = secret;
    let mut roots = RootCertStore::empty();
    roots.add(cert)?;
    let issuer = Issuer::new(params(&read.name, Vec::new())?, key);
    let stranger = stranger::server(names.clone())?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = called("Lifeline");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    hold(&mut params, last);
    let own = params.signed_by(&key, &issuer)?.der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));

    let provider = Arc::new(default_provider());
    let beside = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![own], key)?;
    let mut only = beside.clone();
    only.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Each of its connections shows a whole handshake.
    client.resumption = Resumption::disabled();
    let client = Arc::new(client);
    Ok(Doors {
        beside: Door { server: Arc::new(beside), client: Arc::clone(&client), only: false },
        stranger: Door { server: Arc::new(stranger), client: Arc::clone(&client), only: false },
        only: Door { server: Arc::new(only), client, only: true },
    })
}

/// This machine's own name, where it can stand in a certificate.
fn machine() -> String {
    let name = gethostname::gethostname().to_string_lossy().to_ascii_lowercase();
    let label = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && letters && !label.starts_with('-') && !label.ends_with('-')
    };
    // A last label of digits alone is none: it could be an address (RFC 1123, section 2.1).
    let last = name.rsplit('.').next().unwrap_or_default();
    let address = last.bytes().all(|byte| byte.is_ascii_digit());
    let whole = name.len() <= 48 && name.split('.').all(label) && !address;
    if whole { name } else { "localhost".to_owned() }
}

/// The names and addresses by which a server that listens there can be called.
fn names(host: IpAddr, machine: &str) -> Vec<String> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let lan = interfaces.iter().map(if_addrs::Interface::ip).filter(|ip| match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    });
    let own: [IpAddr; 3] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into(), host];
    let mut seen = BTreeSet::new();
    let ips = own.into_iter().chain(lan).filter(|ip: &IpAddr| !ip.is_unspecified());
    let ips = ips.filter(|ip| seen.insert(*ip)).take(ADDRESSES).map(|ip| ip.to_string());
    let mut names = vec!["localhost".to_owned()];
    if machine != "localhost" {
        names.push(machine.to_owned());
        if !machine.contains('.') {
            names.push(format!("{machine}.local"));
        }
    }
    names.extend(ips);
    names
}

/// A certificate as its fingerprint: pairs of hexadecimal digits with colons between.
fn fingerprint(cert: &[u8]) -> String {
    let pairs = Sha256::digest(cert).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>();
    pairs.join(":")
}

/// A certificate as text (RFC 7468). Made of the certificate alone: a file of which it was read may
/// hold more.
fn pem(cert: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(cert);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::PublicKeyData as _;
    use rustls::pki_types::ServerName;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::{ClientConnection, Connection, ServerConnection};

    #[test]
    fn a_new_authority_is_read_again() {
        let secret = make("host").unwrap();
        assert_eq!(secret.read.name, "Lifeline on host");
        assert_eq!(secret.read.key, secret.key.subject_public_key_info());
        assert_eq!(secret.read.not_before, midnight(clock::day(-1)));
        assert_eq!(secret.read.not_after, midnight(clock::day(AUTHORITY_DAYS)));
        assert_eq!(secret.read.permitted, Some(permitted::bases("host")));
        let text = pem(&secret.cert);
        assert_eq!(CertificateDer::from_pem_slice(text.as_bytes()).unwrap(), secret.cert);
        assert_eq!(fingerprint(&secret.cert).len(), 95);
    }

    /// Hands over what one end has said.
    fn carry(from: &mut Connection, to: &mut Connection) -> Result<(), rustls::Error> {
        let mut said = Vec::new();
        while from.wants_write() {
            from.write_tls(&mut said).unwrap();
        }
        let mut left = said.as_slice();
        while !left.is_empty() {
            to.read_tls(&mut left).unwrap();
            to.process_new_packets()?;
        }
        Ok(())
    }

    /// Whether a client that trusts the authority takes the server for this one.
    fn is_believed(door: &Door, name: &str) -> bool {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let client = ClientConnection::new(Arc::clone(&door.client), name).unwrap();
        let server = ServerConnection::new(Arc::clone(&door.server)).unwrap();
        let (mut client, mut server) = (Connection::from(client), Connection::from(server));
        let mut whole = true;
        for _ in 0..4 {
            whole &= carry(&mut client, &mut server).is_ok();
            whole &= carry(&mut server, &mut client).is_ok();
        }
        whole && !client.is_handshaking()
    }

    #[test]
    fn who_trusts_it_believes_this_machine_s_names_and_no_others() {
        let (secret, last) = (make("host").unwrap(), clock::day(SERVER_DAYS));
        let own = names(IpAddr::from([192, 0, 2, 7]), "host");
        let door = doors(secret, own, last).unwrap().only;
        for name in ["localhost", "host", "host.local", "127.0.0.1", "::1", "192.0.2.7"] {
            assert!(is_believed(&door, name), "{name}");
        }
        assert!(!is_believed(&door, "example.com"));
        // Also where it says that it vouches for them.
        let more = vec!["localhost".to_owned(), "example.com".to_owned()];
        let door = doors(make("host").unwrap(), more, last).unwrap().only;
        assert!(!is_believed(&door, "example.com"));
    }

    #[test]
    fn nothing_outlasts_who_vouches_for_it() {
        let mut read = make("host").unwrap().read;
        assert_eq!(last_day(&read).unwrap(), clock::day(SERVER_DAYS));
        read.not_after = midnight(clock::day(7));
        assert_eq!(last_day(&read).unwrap(), clock::day(7));
        read.not_after = "soon".to_owned();
        assert!(last_day(&read).is_err());
    }

    #[test]
    fn it_is_called_by_its_names_and_addresses() {
        let names = names(IpAddr::from([192, 0, 2, 7]), "host");
        for name in ["localhost", "host", "host.local", "127.0.0.1", "::1", "192.0.2.7"] {
            assert_eq!(names.iter().filter(|it| *it == name).count(), 1, "{name} in {names:?}");
        }
    }
}
