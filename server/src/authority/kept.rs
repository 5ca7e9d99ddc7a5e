//! The authority in the folder of `--data`: `authority/authority.pem` and `authority/authority.key`. The
//! two are made whole in a folder beside it, which then takes its name.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use rcgen::{KeyPair, PublicKeyData as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::der::{self, Read};
use super::{Secret, pem};
use crate::clock;
use crate::error::StartError;
use crate::runs;

const FOLDER: &str = "authority";
const CERT: &str = "authority.pem";
const KEY: &str = "authority.key";

/// The making of one takes less.
const STALE: Duration = Duration::from_secs(60);

/// The authority that is kept, or a new one, which is kept from then on.
///
/// # Errors
/// One that is there and cannot be used, or a folder into which nothing can be written.
pub(super) fn open(
    data: &Path,
    make: impl FnOnce() -> Result<Secret, StartError>,
) -> Result<Secret, StartError> {
    let folder = data.join(FOLDER);
    clear(data);
    let is_there = [CERT, KEY].into_iter().any(|name| folder.join(name).exists());
    if !is_there {
        let secret = make()?;
        keep(data, &folder, &secret).map_err(|error| fault(&folder, error))?;
    }
    load(&folder)
}

fn fault(file: &Path, why: impl ToString) -> StartError {
    StartError::Authority { file: file.display().to_string(), why: why.to_string() }
}

fn load(folder: &Path) -> Result<Secret, StartError> {
    let (cert_file, key_file) = (folder.join(CERT), folder.join(KEY));
    let text = fs::read(&cert_file).map_err(|error| fault(&cert_file, error))?;
    let cert = CertificateDer::from_pem_slice(&text)
        .map_err(|_| fault(&cert_file, "there is no certificate in it"))?;
    let read = der::read(&cert)
        .ok_or_else(|| fault(&cert_file, "its certificate is not one that this program made"))?;
    let text = fs::read_to_string(&key_file).map_err(|error| fault(&key_file, error))?;
    let key =
        KeyPair::from_pem(&text).map_err(|_| fault(&key_file, "there is no private key in it"))?;
    if let Some((name, why)) = unusable(&read, &key, &clock::wall()) {
        return Err(fault(&folder.join(name), why));
    }
    let mode = fs::metadata(&key_file).map_err(|error| fault(&key_file, error))?.permissions();
    if mode.mode() & 0o077 != 0 {
        let file = key_file.display();
        tracing::warn!(%file, "others can read the authority's key: chmod 600");
    }
    Ok(Secret { cert, key, read, kept: true })
}

/// Which file makes that an authority cannot be used at this moment, and why.
fn unusable(read: &Read, key: &KeyPair, now: &str) -> Option<(&'static str, String)> {
    if read.key != key.subject_public_key_info() {
        return Some((KEY, format!("it is not the key of {CERT}")));
    }
    if read.not_before.as_str() > now {
        let from = &read.not_before;
        return Some((CERT, format!("it does not hold before {from}: is the clock right?")));
    }
    let expired = read.not_after.as_str() <= now;
    expired.then(|| (CERT, format!("it expired at {}", read.not_after)))
}

/// Takes away what is left of servers that ended while they made one.
fn clear(data: &Path) {
    let Ok(beside) = fs::read_dir(data) else { return };
    for entry in beside.flatten() {
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.strip_prefix(FOLDER)?.strip_suffix(".new"));
        let made = entry.metadata().and_then(|about| about.modified());
        let age = made.ok().and_then(|made| made.elapsed().ok());
        if name.is_some() && age.is_some_and(|age| age > STALE) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Keeps a new authority: all of it, or nothing.
fn keep(data: &Path, folder: &Path, secret: &Secret) -> io::Result<()> {
    fs::create_dir_all(data)?;
    // By lot: in containers that share the folder all servers have the same number.
    let new = data.join(format!("{FOLDER}.{}.new", runs::new_id()));
    let kept = write(&new, secret).and_then(|()| fs::rename(&new, folder));
    if kept.is_err() {
        let _ = fs::remove_dir_all(&new);
        // Another server may have kept its own meanwhile: that one is taken.
        if folder.join(CERT).exists() {
            return Ok(());
        }
    }
    kept
}

fn write(folder: &Path, secret: &Secret) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(folder)?;
    put(&folder.join(CERT), &pem(&secret.cert), 0o644)?;
    put(&folder.join(KEY), &secret.key.serialize_pem(), 0o600)
}

fn put(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_that_cannot_be_used_is_named_with_its_file() {
        let Secret { key, read, .. } = super::super::make("host").unwrap();
        let why = |key: &KeyPair, now: &str| unusable(&read, key, now);
        let now = clock::wall();
        assert_eq!(why(&key, &now), None);
        let (file, said) = why(&KeyPair::generate().unwrap(), &now).unwrap();
        assert!(file == KEY && said.contains(CERT), "{file}: {said}");
        let (file, said) = why(&key, "2001-01-01T00:00:00.000Z").unwrap();
        assert!(file == CERT && said.contains("is the clock right?"), "{file}: {said}");
        let (file, said) = why(&key, "2999-01-01T00:00:00.000Z").unwrap();
        assert!(file == CERT && said.contains("it expired at"), "{file}: {said}");
    }
}
