//! The authority in the folder of `--data`: `authority/authority.pem` and `authority/authority.key`. The
//! two are made whole in a folder beside it, which then takes its name.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use rcgen::{KeyPair, PublicKeyData as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::{Secret, der, pem};
use crate::clock;
use crate::error::StartError;

const FOLDER: &str = "authority";
const CERT: &str = "authority.pem";
const KEY: &str = "authority.key";

/// The authority that is kept, or a new one, which is kept from then on.
///
/// # Errors
/// One that is there and cannot be used, or a folder into which nothing can be written.
pub(super) fn open(
    data: &Path,
    make: impl FnOnce() -> Result<Secret, StartError>,
) -> Result<Secret, StartError> {
    let folder = data.join(FOLDER);
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
    if read.key != key.subject_public_key_info() {
        return Err(fault(&key_file, format!("it is not the key of {CERT}")));
    }
    if read.not_after <= clock::wall() {
        return Err(fault(&cert_file, format!("it expired at {}", read.not_after)));
    }
    Ok(Secret { cert, key, read, kept: true })
}

/// Keeps a new authority: all of it, or nothing.
fn keep(data: &Path, folder: &Path, secret: &Secret) -> io::Result<()> {
    fs::create_dir_all(data)?;
    let new = data.join(format!("{FOLDER}.{}.new", std::process::id()));
    let _ = fs::remove_dir_all(&new);
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
