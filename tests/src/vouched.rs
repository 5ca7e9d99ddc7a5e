//! A receiver over TLS that calls itself `localhost`. Who vouches for it is an authority that is made for it.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::callbacks::Received;

/// The receiver.
pub struct Vouched {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The authority's certificate, as a file.
    pub authority: String,
    came: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl Vouched {
    /// Starts it. It takes whatever comes.
    pub async fn start() -> Self {
        let (config, authority) = certified();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("authority.pem");
        fs::write(&file, authority).expect("a file can be written");
        let authority = file.to_str().expect("a path that is text").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let addr = listener.local_addr().expect("a listener has an address");
        let came = Arc::new(AtomicUsize::new(0));
        let (acceptor, counted) = (TlsAcceptor::from(Arc::new(config)), Arc::clone(&came));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, counted) = (acceptor.clone(), Arc::clone(&counted));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    if Received::read(&mut stream).await.is_none() {
                        return;
                    }
                    counted.fetch_add(1, Ordering::SeqCst);
                    let head = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                    let _ = stream.write_all(head.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { addr, authority, came, _folder: folder }
    }

    /// How many requests came.
    pub fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

/// How it shakes hands, and the certificate of who vouches for it, in PEM.
fn certified() -> (ServerConfig, String) {
    let key = || KeyPair::generate().expect("a key can be made");
    let mut params = CertificateParams::new(Vec::<String>::new()).expect("there are no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Authority of a test");
    let own = key();
    let authority = params.self_signed(&own).expect("it can be signed").pem();
    let issuer = Issuer::new(params, own);

    let (own, names) = (key(), vec!["localhost".to_owned()]);
    let params = CertificateParams::new(names).expect("a name that is one");
    let cert = params.signed_by(&own, &issuer).expect("it can be signed").der().clone();
    let own = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![cert], own)
        .expect("the key is the certificate's");
    (config, authority)
}
