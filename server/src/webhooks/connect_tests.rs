//! Sixty forms of an address to which callbacks may not go: each is refused with its reason, and nothing is
//! dialled.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::super::guard::{Own, Told, named};
use super::*;
use crate::names::Names;

const SITE: u16 = 4_006;

/// A resolver that knows a few names, and changes its mind about one.
#[derive(Debug, Default)]
struct Fake {
    asked: AtomicU64,
}

impl Resolve for Fake {
    fn resolve<'a>(
        &'a self,
        name: &'a str,
        _port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let ips: &[&str] = match name {
            "public.test" => &["1.1.1.1"],
            "private.test" => &["10.0.0.5"],
            "loop.test" => &["127.0.0.1"],
            "loop6.test" => &["::1"],
            "metadata.test" => &["169.254.169.254"],
            "mixed.test" => &["1.1.1.1", "192.168.0.1"],
            "mapped.test" => &["::ffff:127.0.0.1"],
            "nat64.test" => &["64:ff9b::a00:1"],
            "unique.test" => &["fd00::1"],
            "named.test" => &["172.18.0.3"],
            "turns.test" if asked == 0 => &["1.1.1.1"],
            "turns.test" => &["127.0.0.1"],
            "empty.test" => &[],
            _ => return Box::pin(async { Err(io::Error::other("the resolver is away")) }),
        };
        // The port that it says is another: the target's counts.
        let addrs = ips.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 22)).collect();
        Box::pin(async move { Ok(addrs) })
    }
}

/// Counts what is dialled, and connects to nothing.
#[derive(Debug, Default)]
struct Counted(Mutex<Vec<SocketAddr>>);

impl Connect for Counted {
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        self.0.lock().push(to);
        Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) })
    }
}

fn own(addr: SocketAddr, told: Option<&str>) -> Own {
    let names = Names::default();
    Own { name: "site.com".to_owned(), addr, names, told: told.and_then(Told::of) }
}

fn guard() -> Guard {
    let addr = SocketAddr::from(([127, 0, 0, 1], SITE));
    let own = own(addr, Some("https://site.example"));
    let allowed = [
        "public.test",
        "private.test",
        "loop.test",
        "loop6.test",
        "metadata.test",
        "mixed.test",
        "mapped.test",
        "nat64.test",
        "unique.test",
        "turns.test",
        "empty.test",
        "errs.test",
        "named.test:8080",
        "172.18.0.3:8080",
        "10.9.8.7:9000",
        "BÜCHER.test:81",
        "[fd00::7]:9000",
    ];
    Guard::new(vec![own], allowed.map(|it| named(it).unwrap()).to_vec(), Vec::new())
}

/// What an attempt to reach an address gives, and what was dialled for it.
async fn tried(guard: &Guard, resolver: &Arc<Fake>, url: &str) -> (Outcome, Vec<SocketAddr>) {
    let counted = Arc::new(Counted::default());
    let connector: Arc<dyn Connect> = Arc::<Counted>::clone(&counted);
    let resolver: Arc<dyn Resolve> = Arc::<Fake>::clone(resolver);
    let net = Net { resolver, connector };
    let outcome = match guard.check(url, "k4r9q9yf") {
        Ok(target) => reach(guard, &net, &target).await.map(|_| ()).unwrap_err(),
        Err(not) => Outcome::NotAllowed { why: not.why },
    };
    let dialled = counted.0.lock().clone();
    (outcome, dialled)
}

#[rustfmt::skip] // a table is read line by line
const FORMS: [(&str, &str); 66] = [
    // Of this machine, in every spelling.
    ("http://127.0.0.1:22/", "loopback"), ("http://127.0.0.1/", "loopback"),
    ("http://127.1/", "loopback"), ("http://127.0.1:22/", "loopback"),
    ("http://127.255.255.254/", "loopback"), ("http://2130706433/", "loopback"),
    ("http://2130706433:22/", "loopback"), ("http://0x7f000001/", "loopback"),
    ("http://0x7f.0.0.1/", "loopback"), ("http://0x7F.1/", "loopback"),
    ("http://0177.0.0.1/", "loopback"), ("http://017700000001/", "loopback"),
    ("http://0177.0x0.0.1/", "loopback"), ("http://127.0.0.1./", "loopback"),
    ("http://127。0。0。1/", "loopback"), ("http://１２７.0.0.1/", "loopback"),
    ("http://①②⑦.0.0.1/", "loopback"), ("http://%31%32%37.0.0.1/", "loopback"),
    ("http:\\\\127.0.0.1\\", "loopback"), ("http:127.0.0.1", "loopback"),
    ("\thttp://127.0.\n0.1/", "loopback"), ("HTTP://127.0.0.1/", "loopback"),
    ("http://0/", "unspecified"), ("http://0.0.0.0:22/", "unspecified"), ("http://0x0/", "unspecified"),
    ("http://localhost:22/", "this very machine"), ("http://localhost./", "this very machine"),
    ("http://LOCALHOST/", "this very machine"), ("http://a.localhost/", "this very machine"),
    ("http://ｌocalhost/", "this very machine"),
    // The same in IPv6.
    ("http://[::1]/", "loopback"), ("http://[::1]:22/", "loopback"),
    ("http://[0:0:0:0:0:0:0:1]/", "loopback"), ("http://[::]/", "unspecified"),
    ("http://[::ffff:127.0.0.1]/", "IPv4 address in"), ("http://[::ffff:7f00:1]/", "IPv4 address in"),
    ("http://[::127.0.0.1]/", "IPv4-compatible"), ("http://[64:ff9b::7f00:1]/", "NAT64"),
    ("http://[2002:7f00:1::]/", "6to4"), ("http://[fe80::1]/", "link-local"),
    ("http://[fe80::1%25lo]/", "no address"), ("http://[fd00::1]/", "unique local"),
    ("http://[ff02::1]/", "multicast"),
    // Of its networks.
    ("http://169.254.169.254/latest/meta-data/", "link-local"), ("http://2852039166/", "link-local"),
    ("http://10.0.0.1/", "private"), ("http://172.16.0.1/", "private"),
    ("http://192.168.1.1:8080/", "private"), ("http://100.64.0.1/", "shared"),
    ("http://224.0.0.1/", "multicast"), ("http://255.255.255.255/", "reserved"),
    // What is hidden in an address.
    ("http://public.test@127.0.0.1/", "user name"), ("http://public.test:80@127.0.0.1/", "user name"),
    ("http://a:b@public.test/", "password"), ("file:///etc/passwd", "http or https"),
    ("gopher://127.0.0.1:22/", "http or https"), ("//127.0.0.1/", "no address"),
    // Names: not opened, the wrong port, and what they resolve to.
    ("http://example.org/", "--callback-allow"), ("http://public.test:22/", "not to port 22"),
    ("http://private.test/", "which is a private"), ("http://loop.test/", "which is a loopback"),
    ("http://metadata.test/", "which is a link-local"), ("http://mixed.test/", "which is a private"),
    ("http://mapped.test/", "IPv4 address in"), ("http://errs.test/", "the resolver is away"),
    ("http://empty.test/", "has no address"),
];

#[tokio::test]
async fn every_form_is_refused_with_its_reason_and_nothing_is_dialled() {
    let (guard, resolver) = (guard(), Arc::new(Fake::default()));
    for (url, word) in FORMS {
        let (outcome, dialled) = tried(&guard, &resolver, url).await;
        let Outcome::NotAllowed { why } = &outcome else { panic!("{url}: {outcome:?}") };
        assert!(why.contains(word), "{url}: {why}");
        assert!(dialled.is_empty(), "{url}");
    }
    for name in ["loop6", "nat64", "unique"] {
        let (outcome, dialled) = tried(&guard, &resolver, &format!("http://{name}.test/")).await;
        assert!(matches!(outcome, Outcome::NotAllowed { .. }), "{name}: {outcome:?}");
        assert!(dialled.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn what_is_opened_is_dialled_at_the_very_address() {
    let (guard, resolver) = (guard(), Arc::new(Fake::default()));
    for (url, to) in [
        ("http://public.test/hook", "1.1.1.1:80"),
        ("https://public.test/hook?a=b", "1.1.1.1:443"),
        ("http://PUBLIC.test./hook", "1.1.1.1:80"),
        ("http://named.test:8080/", "172.18.0.3:8080"),
        ("http://10.9.8.7:9000/", "10.9.8.7:9000"),
        ("http://[fd00::7]:9000/", "[fd00::7]:9000"),
    ] {
        let (outcome, dialled) = tried(&guard, &resolver, url).await;
        assert_eq!(outcome, Outcome::NoConnection, "{url}");
        assert_eq!(dialled, [to.parse::<SocketAddr>().unwrap()], "{url}");
    }
    let named = guard.check("http://xn--bcher-kva.test:81/", "k4r9q9yf");
    assert!(named.is_ok(), "{named:?}");
}

#[tokio::test]
async fn a_name_that_turns_is_judged_anew_each_time() {
    let (guard, resolver) = (guard(), Arc::new(Fake::default()));
    let (first, dialled) = tried(&guard, &resolver, "http://turns.test/").await;
    assert_eq!((first, dialled.len()), (Outcome::NoConnection, 1));
    // Once a connection: what was judged is what was dialled.
    assert_eq!(resolver.asked.load(Ordering::Relaxed), 1);
    let (second, dialled) = tried(&guard, &resolver, "http://turns.test/").await;
    assert!(matches!(second, Outcome::NotAllowed { .. }), "{second:?}");
    assert!(dialled.is_empty());
}

#[tokio::test]
async fn the_own_site_is_reached_by_its_own_port_and_run_alone() {
    let (guard, resolver) = (guard(), Arc::new(Fake::default()));
    for url in [
        "http://127.0.0.1:4006/r/k4r9q9yf/callback",
        "http://localhost:4006/r/k4r9q9yf/callback",
        "https://localhost:4006/r/k4r9q9yf/callback",
        "http://localhost:4006/r/k4r9q9yf/callback?merchant=1",
        "https://site.example/r/k4r9q9yf/callback",
    ] {
        let (outcome, dialled) = tried(&guard, &resolver, url).await;
        assert_eq!(outcome, Outcome::NoConnection, "{url}");
        assert_eq!(dialled, [SocketAddr::from(([127, 0, 0, 1], SITE))], "{url}");
    }
    for url in [
        "http://127.0.0.1:4005/r/k4r9q9yf/callback",
        "http://127.0.0.2:4006/r/k4r9q9yf/callback",
        "http://[::1]:4006/r/k4r9q9yf/callback",
        "http://localhost:4006/r/another/callback",
        "http://localhost:4006/r/k4r9q9yf/../another/callback",
        "http://localhost:4006/r/k4r9q9yf/other",
        "http://localhost:4006/r/k4r9q9yf/callback#x",
        "http://localhost:4006/",
        "http://site.example/r/k4r9q9yf/callback",
    ] {
        let (outcome, dialled) = tried(&guard, &resolver, url).await;
        assert!(matches!(outcome, Outcome::NotAllowed { .. }), "{url}: {outcome:?}");
        assert!(dialled.is_empty(), "{url}");
    }
}

#[test]
fn an_address_that_a_proxy_answers_is_dialled_behind_it() {
    let addr = SocketAddr::from(([127, 0, 0, 1], SITE));
    let guard = |told| Guard::new(vec![own(addr, Some(told))], Vec::new(), Vec::new());
    for (told, url, host) in [
        ("https://h.test", "https://h.test/r/a/callback?b=c", "h.test"),
        ("https://h.test/site", "https://h.test/site/r/a/callback?b=c", "h.test"),
        ("http://h.test:8080/x/y", "http://H.TEST:8080/x/y/r/a/callback?b=c", "h.test:8080"),
    ] {
        let target = guard(told).check(url, "a").unwrap();
        assert_eq!((target.own, target.https), (Some(addr), false), "{url}");
        assert_eq!((target.path.as_str(), target.host().as_str()), ("/r/a/callback?b=c", host));
    }
    for url in [
        "https://h.test/r/a/callback",
        "https://h.test/sites/r/a/callback",
        "http://h.test/site/r/a/callback",
        "https://h.test:8443/site/r/a/callback",
        "https://h.test/site/r/b/callback",
    ] {
        assert!(guard("https://h.test/site").check(url, "a").is_err(), "{url}");
    }
}

#[test]
fn hosts_are_named_with_or_without_a_port() {
    for text in ["example.org", "example.org:8080", "10.0.0.1", "[::1]", "[::1]:80", "0x7f.1:80"] {
        assert!(named(text).is_ok(), "{text}");
    }
    for text in ["", ":80", "a:b", "a:0", "a:65536", "::1", "[::1]80", "a/b", "a@b", "a b", "a:1:2"]
    {
        assert!(named(text).is_err(), "{text}");
    }
    let addr = SocketAddr::from(([0, 0, 0, 0], SITE));
    let listens = own(addr, None);
    let here = IpAddr::from([192, 168, 0, 9]);
    let guard = Guard::new(vec![listens], Vec::new(), vec![here]);
    for host in ["localhost", "127.0.0.1", "192.168.0.9", "[::1]"] {
        assert!(guard.check(&format!("http://{host}:4006/r/a/callback"), "a").is_ok(), "{host}");
    }
    assert!(guard.check("http://192.168.0.10:4006/r/a/callback", "a").is_err());
}
