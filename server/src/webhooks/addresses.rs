//! Which addresses are on the public internet, and what the others are for (RFC 6890 and the registries of
//! special addresses).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for, where callbacks may not go by themselves.
#[must_use]
pub fn special(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => special_v4(ip),
        IpAddr::V6(ip) => special_v6(ip),
    }
}

fn special_v4(ip: Ipv4Addr) -> Option<&'static str> {
    Some(match ip.octets() {
        [0, ..] => "an unspecified address",
        [127, ..] => "a loopback address",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "a private address",
        [169, 254, ..] => "a link-local address",
        [100, 64..=127, ..] => "a provider's shared address",
        [192, 0, 0, _] => "an address kept for protocols",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "an address for documentation",
        [198, 18..=19, ..] => "an address for measurements",
        [192, 88, 99, _] => "a relay of 6to4",
        [224..=239, ..] => "a multicast address",
        [240..=255, ..] => "a reserved address",
        _ => return None,
    })
}

fn special_v6(ip: Ipv6Addr) -> Option<&'static str> {
    Some(match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => "an unspecified address",
        [0, 0, 0, 0, 0, 0, 0, 1] => "a loopback address",
        [0, 0, 0, 0, 0, 0xFFFF, ..] => "an IPv4 address in an IPv6 one",
        [0, 0, 0, 0, 0, 0, ..] => "an IPv4-compatible address",
        [0x64, 0xFF9B, ..] => "an address of NAT64",
        [0x2002, ..] => "an address of 6to4",
        [0x2001, 0xDB8, ..] | [0x3FFF, 0..=0xFFF, ..] => "an address for documentation",
        [0x2001, 0..=0x1FF, ..] => "an address kept for protocols",
        [0xFC00..=0xFDFF, ..] => "a unique local address",
        [0xFE80..=0xFEBF, ..] => "a link-local address",
        [0xFEC0..=0xFEFF, ..] => "a site-local address",
        [0xFF00..=0xFFFF, ..] => "a multicast address",
        [0x2000..=0x3FFF, ..] => return None,
        _ => "a reserved address",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // a table is read line by line
    fn special_addresses_are_known_and_public_ones_are_not_special() {
        for (ip, word) in [
            ("0.0.0.0", "unspecified"), ("0.1.2.3", "unspecified"), ("127.0.0.1", "loopback"),
            ("127.255.255.255", "loopback"), ("10.0.0.1", "private"), ("172.16.0.1", "private"),
            ("172.31.255.255", "private"), ("192.168.1.1", "private"), ("169.254.169.254", "link-local"),
            ("100.64.0.1", "shared"), ("100.127.255.255", "shared"), ("192.0.0.8", "protocols"),
            ("192.0.2.1", "documentation"), ("198.51.100.1", "documentation"),
            ("203.0.113.1", "documentation"), ("198.18.0.1", "measurements"), ("192.88.99.1", "6to4"),
            ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("240.0.0.1", "reserved"),
            ("255.255.255.255", "reserved"),
            ("::", "unspecified"), ("::1", "loopback"), ("::ffff:127.0.0.1", "IPv4 address in"),
            ("::ffff:8.8.8.8", "IPv4 address in"), ("::127.0.0.1", "IPv4-compatible"),
            ("64:ff9b::7f00:1", "NAT64"), ("64:ff9b:1::1", "NAT64"), ("2002:7f00:1::", "6to4"),
            ("2001:db8::1", "documentation"), ("3fff::1", "documentation"), ("2001::1", "protocols"),
            ("fc00::1", "unique local"), ("fdff::1", "unique local"), ("fe80::1", "link-local"),
            ("fec0::1", "site-local"), ("ff02::1", "multicast"), ("100::1", "reserved"),
            ("5f00::1", "reserved"),
        ] {
            let what = special(ip.parse().unwrap()).unwrap_or_default();
            assert!(what.contains(word), "{ip} is {what}");
        }
        for ip in ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
            "192.0.1.1", "192.167.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255",
            "2606:4700::1111", "2001:4860:4860::8888", "2a00::1", "3ffe::1"] {
            assert_eq!(special(ip.parse().unwrap()), None, "{ip}");
        }
    }
}
