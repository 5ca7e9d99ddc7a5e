//! Who vouches for the server over TLS: kept between starts, and named where it cannot be used.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tests::server::{Server, fails_to_start};
use trace::studio::Authority;

/// What a server says of its authority.
async fn about(server: &Server) -> Authority {
    let answer = server.get("/api/authority").await;
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/json"));
    serde_json::from_str(&answer.body).expect("what is known of the authority")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_is_kept_and_a_broken_one_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let data = folder.path().join("data");
    let data = data.to_str().expect("a path that is text");
    let first = about(&Server::start(&["--data", data]).await).await;
    assert!(first.kept && first.name.starts_with("Lifeline on "), "{first:?}");
    let second = about(&Server::start(&["--data", data]).await).await;
    assert_eq!(first, second);
    let without = about(&Server::start(&[]).await).await;
    assert!(!without.kept && without.fingerprint_sha256 != first.fingerprint_sha256);

    let kept = Path::new(data).join("authority");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&kept), mode(&kept.join("authority.key"))), (0o700, 0o600));
    let beside = fs::read_dir(data).expect("a folder").flatten().map(|entry| entry.file_name());
    let mut beside: Vec<_> = beside.collect();
    beside.sort();
    let whole = ["authority", "runs.redb", "webhooks.redb"];
    assert_eq!(beside, whole, "nothing is left of its making");

    for name in ["authority.key", "authority.pem"] {
        let file = kept.join(name);
        let whole = fs::read(&file).expect("it is there");
        fs::write(&file, "broken").expect("a file can be written");
        let (status, said) = fails_to_start(&["--port", "0", "--data", data]).await;
        assert!(!status.success() && said.contains(name), "{said}");
        fs::write(&file, whole).expect("a file can be written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_authority_is_none_and_one_for_all_eyes_is_warned_of() {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder can be made"));
    for folder in &folders {
        let data = folder.path().to_str().expect("a path that is text");
        let server = Server::start(&["--data", data]).await;
        assert!(!server.messages().contains("others can read"), "{}", server.messages());
    }
    let [key, other] = folders.each_ref().map(|it| it.path().join("authority/authority.key"));
    let data = folders[0].path().to_str().expect("a path that is text");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let server = Server::start(&["--data", data]).await;
    assert!(server.messages().contains("others can read"), "{}", server.messages());
    drop(server);
    fs::copy(&other, &key).expect("a file can be copied");
    let (status, said) = fails_to_start(&["--port", "0", "--data", data]).await;
    assert!(!status.success() && said.contains("it is not the key of"), "{said}");
}
