//! Where callbacks may not go: sixty forms of it and more over the API, each refused with its reason, while
//! real listeners count who comes; what only shows when a callback is made: names, redirects, certificates; and
//! the names under which the own site may be called.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::callbacks::{Does, Forbidden, Service, notes, outcomes, receiver, sent, verdicts};
use tests::run::Run;
use tests::server::{Answer, Server};
use tests::vouched::Vouched;
use trace::note::What as Note;
use trace::webhook::{Outcome, Verdict};

const LIMIT: Duration = Duration::from_secs(30);

/// Addresses and words of why they are refused. `{p}` is a port where a listener counts, `{studio}`, `{site}`
/// and `{payments}` are the server's own, `{run}` is the run.
#[rustfmt::skip] // a table is read line by line
const FORMS: [(&str, &str); 89] = [
    ("http://127.0.0.1:22/", "loopback"),
    ("http://127.0.0.1:{p}/", "loopback"),
    ("http://127.0.0.1:{studio}/api/runs", "loopback"),
    ("http://127.0.0.1:{payments}/r/{run}/payments", "loopback"),
    ("http://127.0.0.1.:{p}/", "loopback"),
    ("http://127.1:{p}/", "loopback"),
    ("http://127.0.1:{p}/", "loopback"),
    ("http://127.255.255.254:{p}/", "loopback"),
    ("http://2130706433:{p}/", "loopback"),
    ("http://0x7f000001:{p}/", "loopback"),
    ("http://0x7F.0x0.0x0.0x1:{p}/", "loopback"),
    ("http://0x7f.1:{p}/", "loopback"),
    ("http://0177.0.0.1:{p}/", "loopback"),
    ("http://0177.0.0.01:{p}/", "loopback"),
    ("http://017700000001:{p}/", "loopback"),
    ("http://%31%32%37.0.0.1:{p}/", "loopback"),
    ("http://１２７.０.０.１:{p}/", "loopback"),
    ("http://127。0。0。1:{p}/", "loopback"),
    ("http:\\\\127.0.0.1:{p}\\", "loopback"),
    ("http:127.0.0.1:{p}/", "loopback"),
    ("http:/127.0.0.1:{p}/", "loopback"),
    ("http:////127.0.0.1:{p}/", "loopback"),
    (" http://127.0.0.1:{p}/ ", "loopback"),
    ("ht\ntp://127.0.\t0.1:{p}/", "loopback"),
    ("HTTP://127.0.0.1:{p}/", "loopback"),
    ("https://127.0.0.1:{p}/", "loopback"),
    ("http://@127.0.0.1:{p}/", "loopback"),
    ("http://127.0.0.1:{p}#@site.com/", "has no #"),
    ("http://127.0.0.1:{p}?@site.com/", "loopback"),
    ("http://[::1]:{p}/", "loopback"),
    ("http://[0:0:0:0:0:0:0:1]:{p}/", "loopback"),
    ("http://[0000::0001]:{p}/", "loopback"),
    ("http://[::ffff:127.0.0.1]:{p}/", "IPv4 address in"),
    ("http://[::ffff:7f00:1]:{p}/", "IPv4 address in"),
    ("http://[::FFFF:169.254.169.254]/", "IPv4 address in"),
    ("http://[::127.0.0.1]:{p}/", "IPv4-compatible"),
    ("http://[64:ff9b::7f00:1]:{p}/", "NAT64"),
    ("http://[64:ff9b::169.254.169.254]/", "NAT64"),
    ("http://[2002:7f00:1::]:{p}/", "6to4"),
    ("http://[fe80::1]:{p}/", "link-local"),
    ("http://[fc00::1]:{p}/", "unique local"),
    ("http://[fd00:ec2::254]/", "unique local"),
    ("http://[ff02::1]:{p}/", "multicast"),
    ("http://[::]:{p}/", "unspecified"),
    ("http://[2001:db8::1]/", "documentation"),
    ("http://[fe80::1%25eth0]:{p}/", "no address"),
    ("http://[::1:{p}/", "no address"),
    ("http://0.0.0.0:{p}/", "unspecified"),
    ("http://0:{p}/", "unspecified"),
    ("http://169.254.169.254/latest/meta-data/", "link-local"),
    ("http://2852039166/latest/meta-data/", "link-local"),
    ("http://0xa9fea9fe/", "link-local"),
    ("http://0251.0376.0251.0376/", "link-local"),
    ("http://10.0.0.1/", "private"),
    ("http://172.16.0.1/", "private"),
    ("http://192.168.0.1:8080/", "private"),
    ("http://100.64.0.1/", "shared"),
    ("http://192.0.2.1/", "documentation"),
    ("http://198.18.0.1/", "measurements"),
    ("http://224.0.0.1/", "multicast"),
    ("http://255.255.255.255/", "reserved"),
    ("http://256.1.1.1/", "no address"),
    ("http://127.0.0.1:99999/", "no address"),
    ("http://localhost:{p}/", "this very machine"),
    ("http://LOCALHOST:{p}/", "this very machine"),
    ("http://localhost.:{p}/", "this very machine"),
    ("http://any.localhost:{p}/", "this very machine"),
    ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{p}/", "this very machine"),
    ("http://%6c%6f%63%61%6c%68%6f%73%74:{p}/", "this very machine"),
    ("http://user@127.0.0.1:{p}/", "user name"),
    ("http://site.com@127.0.0.1:{p}/", "user name"),
    ("http://site.com:80@127.0.0.1:{p}/", "user name"),
    ("http://:secret@127.0.0.1:{site}/r/{run}/callback", "user name"),
    ("http://site.com/r/{run}/callback", "--callback-allow"),
    ("http://sıte.com/", "--callback-allow"),
    ("http://127.0.0.1.nip.io:{p}/", "--callback-allow"),
    ("http://metadata.google.internal/", "--callback-allow"),
    ("http://127.0.0.1:{site}/r/other/callback", "own"),
    ("http://127.0.0.1:{site}/r/{run}/../other/callback", "own"),
    ("http://127.0.0.1:{site}/r/{run}/%2e%2e/other/callback", "own"),
    ("http://localhost:{site}/", "own"),
    ("http://localhost:{site}/r/{run}/callback/", "own"),
    ("http://localhost:{site}/r/{run}/orders/callback", "own"),
    ("http://localhost:{site}/r/{run}/callback#x", "has no #"),
    ("gopher://127.0.0.1:{p}/_x", "http or https"),
    ("file:///etc/passwd", "http or https"),
    ("javascript:alert(1)", "http or https"),
    ("127.0.0.1:{p}/callback", "no address"),
    ("", "no address"),
];

/// Listeners at one port of every address of this machine that a callback might mean.
async fn forbidden() -> (u16, Vec<Forbidden>) {
    let first = Forbidden::listen("127.0.0.1:0").await.expect("a port is free");
    let port = first.addr.port();
    let mut all = vec![first];
    for host in ["127.255.255.254", "127.0.0.2", "[::1]"] {
        all.extend(Forbidden::listen(&format!("{host}:{port}")).await);
    }
    (port, all)
}

fn port(server: &Server, name: &str) -> String {
    server.addr(name).port().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_a_forbidden_address_is_registered_or_called() {
    let server = Server::start(&[]).await;
    let run = Run::create(&server, "webhook", json!({ "link_ms": 0, "bank_ms": 0 })).await;
    let payments = Service::of(&run, "payments");
    let (at, listeners) = forbidden().await;
    for (form, why) in FORMS {
        let url = form
            .replace("{p}", &at.to_string())
            .replace("{studio}", &server.port.to_string())
            .replace("{site}", &port(&server, "site.com"))
            .replace("{payments}", &port(&server, "payments"))
            .replace("{run}", run.id());
        let (status, said) = payments.post("webhooks", json!({ "url": url })).await;
        assert_eq!(status, 422, "{url:?}: {said}");
        let detail = said["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(why), "{url:?}: {why:?} is not in {detail:?}");
    }
    let long = format!("http://127.0.0.1:{at}/{}", "x".repeat(3_000));
    assert_eq!(payments.post("webhooks", json!({ "url": long })).await.0, 422);
    assert_eq!(payments.post("payments", json!({ "amount": 1 })).await.0, 202);
    let settled = |note: &Note| matches!(note, Note::PaymentSettled { .. });
    let entries = run.wait_log(LIMIT, "a payment", |log| notes(log).any(settled)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(listeners.iter().map(Forbidden::accepts).sum::<usize>(), 0);
    let registered = |note: &&Note| matches!(note, Note::EndpointRegistered { .. });
    assert_eq!(notes(&entries).filter(registered).count(), 0);
    let refused = |note: &&Note| matches!(note, Note::Refused { status: Some(422), .. });
    assert_eq!(notes(&entries).filter(refused).count(), FORMS.len() + 1, "each is a note");
}

/// How the first attempt to call an address ends that may be registered.
async fn called(server: &Server, url: &str) -> Outcome {
    let knobs = json!({ "link_ms": 0, "bank_ms": 0, "retries": 0 });
    let run = Run::create(server, "webhook", knobs).await;
    let payments = Service::of(&run, "payments");
    let (status, said) = payments.post("webhooks", json!({ "url": url })).await;
    assert_eq!(status, 201, "{url}: {said}");
    assert_eq!(payments.post("payments", json!({ "amount": 1 })).await.0, 202);
    let log = run.wait_log(LIMIT, "an end", |log| !outcomes(log).is_empty()).await;
    outcomes(&log).remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_a_forbidden_address_is_not_followed() {
    let (at, listeners) = forbidden().await;
    for code in
        ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let place = format!("Location: http://127.0.0.1:{at}/\r\n");
        let head =
            format!("HTTP/1.1 {code}\r\n{place}Content-Length: 0\r\nConnection: close\r\n\r\n");
        let to = receiver(move |_| Does::Answers(head.clone())).await;
        let server = Server::start(&["--callback-allow", &to.to_string()]).await;
        let outcome = called(&server, &format!("http://{to}/callback")).await;
        let status = code[..3].parse().expect("a status");
        assert_eq!(outcome, Outcome::Refused { status });
    }
    assert_eq!(listeners.iter().map(Forbidden::accepts).sum::<usize>(), 0);
}

/// This machine's own name.
fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").expect("Linux");
    name.trim().to_ascii_lowercase()
}

/// Whether an address is one to which callbacks go only if it is named itself.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

/// A name that resolves to nothing but private addresses, and is not known for that as `localhost` is.
async fn private_name() -> Option<String> {
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
    let named = lines.flat_map(|line| line.split_whitespace().skip(1)).map(str::to_ascii_lowercase);
    for name in named.chain([machine()]).filter(|name| !name.ends_with("localhost")) {
        let Ok(found) = tokio::net::lookup_host((name.as_str(), 1)).await else { continue };
        let found: Vec<SocketAddr> = found.collect();
        if !found.is_empty() && found.iter().all(|addr| is_private(addr.ip())) {
            return Some(name);
        }
    }
    None
}

/// How a call ends to a name that is allowed, of which nothing else is: why it may not be made.
async fn refused(host: &str, port: u16) -> String {
    let allowed = format!("{host}:{port}");
    let server = Server::start(&["--callback-allow", &allowed]).await;
    match called(&server, &format!("http://{allowed}/")).await {
        Outcome::NotAllowed { why } => why,
        outcome => panic!("{host}: {outcome:?}"),
    }
}

/// The name is allowed, and what it resolves to is not. That nobody could resolve it is another reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_a_private_address_is_refused_when_it_is_called() {
    let listener = Forbidden::listen("0.0.0.0:0").await.expect("a port is free");
    let port = listener.addr.port();
    let why = refused("nothing.invalid", port).await;
    assert!(why.starts_with("nothing.invalid could not be resolved"), "{why}");
    match private_name().await {
        Some(name) => {
            let why = refused(&name, port).await;
            assert!(why.starts_with(&format!("{name} resolves to ")), "{why}");
            assert!(why.contains("named itself"), "{why}");
        }
        None => println!("no name of this machine resolves to private addresses alone"),
    }
    assert_eq!(listener.accepts(), 0);
}

/// What was opened is called, and nothing beside it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_is_called_at_its_port_alone() {
    let to = receiver(|_| tests::callbacks::status("204 No Content")).await;
    let (at, listeners) = forbidden().await;
    let server = Server::start(&["--callback-allow", &to.to_string()]).await;
    assert_eq!(called(&server, &format!("http://{to}/x")).await, Outcome::Delivered);
    let run = Run::create(&server, "webhook", json!({ "link_ms": 0 })).await;
    let payments = Service::of(&run, "payments");
    let (status, said) =
        payments.post("webhooks", json!({ "url": format!("http://127.0.0.1:{at}/") })).await;
    assert_eq!(status, 422, "{said}");
    assert_eq!(listeners.iter().map(Forbidden::accepts).sum::<usize>(), 0);
}

/// A name that anybody's server may have is called only where it was opened, and at the port that was.
#[tokio::test(flavor = "multi_thread")]
async fn a_public_name_has_to_be_opened() {
    let server = Server::start(&["--callback-allow", "lifeline.example:81"]).await;
    let run = Run::create(&server, "webhook", json!({ "link_ms": 0 })).await;
    let payments = Service::of(&run, "payments");
    for (url, why) in [
        ("http://other.example:81/", "--callback-allow"),
        ("http://a.lifeline.example:81/", "--callback-allow"),
        ("http://lifeline.example/", "not to port 80"),
        ("https://lifeline.example/", "not to port 443"),
    ] {
        let (status, said) = payments.post("webhooks", json!({ "url": url })).await;
        let detail = said["detail"].as_str().unwrap_or_default();
        assert!(status == 422 && detail.contains(why), "{url}: {status}, {why:?} is not in {said}");
    }
}

/// Somebody else's site over TLS is trusted if the system trusts who vouches for it.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_vouched_for_is_called_over_tls_and_nobody_else() {
    let site = Vouched::start().await;
    let allowed = format!("localhost:{}", site.addr.port());
    let (url, args) = (format!("https://{allowed}/hook"), ["--callback-allow", allowed.as_str()]);
    let vars = [("SSL_CERT_FILE", site.authority.as_str())];
    let trusting = Server::start_in(&vars, &args).await;
    assert_eq!(called(&trusting, &url).await, Outcome::Delivered);
    assert_eq!(site.came(), 1);
    let other = Server::start(&args).await;
    assert_eq!(called(&other, &url).await, Outcome::BadCertificate);
    assert_eq!(site.came(), 1, "it is told nothing by who does not trust it");
    // The own site has a certificate for which nobody vouches, whatever the system trusts.
    let knobs = json!({ "link_ms": 0, "bank_ms": 0, "retries": 0 });
    let run = Run::create(&trusting, "webhook", knobs).await;
    let own = run.created.urls["site.com"].replace("http://", "https://");
    let payments = Service::of(&run, "payments");
    let registered = payments.post("webhooks", json!({ "url": format!("{own}/callback") })).await;
    assert_eq!(registered.0, 201, "{}", registered.1);
    assert_eq!(payments.post("payments", json!({ "amount": 1 })).await.0, 202);
    let log = run.wait_log(LIMIT, "an end", |log| !outcomes(log).is_empty()).await;
    assert_eq!(outcomes(&log), [Outcome::BadCertificate]);
}

/// Registers site.com's callback as the run was told its address, and holds that it is called there.
async fn assert_called(run: &Run<'_>) {
    let told = format!("{}/callback", run.created.urls["site.com"]);
    let payments = Service::near(run, "payments");
    let (status, said) = payments.post("webhooks", json!({ "url": told })).await;
    assert_eq!(status, 201, "{told}: {said}");
    assert_eq!(payments.post("payments", json!({ "amount": 1 })).await.0, 202);
    let log = run.wait_log(LIMIT, "an end", |log| !outcomes(log).is_empty()).await;
    assert_eq!(outcomes(&log), [Outcome::Delivered], "{told}");
    assert_eq!(verdicts(&log), [Verdict::Good], "{told}");
    let [heard] = &sent(&log)[..] else { panic!("{told}: it is heard once") };
    assert_eq!(heard.target, format!("/r/{}/callback", run.id()), "{told}");
    let kept = notes(&log).find_map(|note| match note {
        Note::EndpointRegistered { url, .. } => Some(url.clone()),
        _ => None,
    });
    assert_eq!(kept, Some(told), "it is told as it was given");
}

/// Whoever opens the page by a name can register what the page is told.
#[tokio::test(flavor = "multi_thread")]
async fn the_site_is_called_by_every_name_of_this_machine() {
    let server = Server::start(&["--host", "0.0.0.0"]).await;
    let machine = machine();
    let local = format!("{machine}.local");
    for name in [machine.as_str(), &local, "localhost", "any.localhost", "127.0.0.1"] {
        let new = json!({ "lab": "webhook", "params": { "link_ms": 0, "bank_ms": 0 }, "seed": 7 });
        let call = server.ask(Method::POST, "/api/runs").json(&new);
        let call = call.header("Host", format!("{name}:{}", server.port));
        let answer = Answer::to(call).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.body);
        let created = serde_json::from_str(&answer.body).expect("what was made");
        let run = Run { server: &server, created };
        let told = &run.created.urls["site.com"];
        assert!(told.starts_with(&format!("http://{name}:")), "{told}");
        assert_called(&run).await;
    }
}

/// Behind a proxy the own site is told as the proxy's; it is called without that.
#[tokio::test(flavor = "multi_thread")]
async fn the_site_is_called_by_the_address_that_is_told_for_it() {
    for told in ["https://x.example/site", "http://x.example:8080", "https://X.example:444/a/b"] {
        let server = Server::start(&["--lab-url", &format!("site.com={told}")]).await;
        let knobs = json!({ "link_ms": 0, "bank_ms": 0 });
        let run = Run::create(&server, "webhook", knobs).await;
        let url = &run.created.urls["site.com"];
        assert_eq!(*url, format!("{told}/r/{}", run.id()));
        assert_called(&run).await;
        let payments = Service::near(&run, "payments");
        let (other, beside) = (format!("{told}/r/other"), format!("{told}er/r/{}", run.id()));
        for beside in [other, beside] {
            let beside = format!("{beside}/callback");
            let (status, said) = payments.post("webhooks", json!({ "url": beside })).await;
            assert_eq!(status, 422, "{beside}: {said}");
        }
    }
}
