//! The names under which callers may know this server: what none of them is no page may make resolve to it.

use std::net::IpAddr;

use crate::config::Config;

/// Its names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// This machine's own.
    machine: String,
    /// The hosts of the lab addresses that were given.
    given: Vec<String>,
}

impl Names {
    /// This machine's, and those that the flags give.
    pub fn of(config: &Config) -> Self {
        let machine = gethostname::gethostname().to_string_lossy().to_ascii_lowercase();
        let host = |url: String| Some(url.parse::<http::Uri>().ok()?.host()?.to_ascii_lowercase());
        Self { machine, given: config.overrides().into_values().filter_map(host).collect() }
    }

    /// Whether a host may be a name of this server (no rebinding): an address, this machine's usual
    /// names, or the host of a lab address that was given.
    pub fn have(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
            || host == "localhost"
            || host.ends_with(".localhost")
            || host == self.machine
            || host.strip_suffix(".local") == Some(self.machine.as_str())
            || self.given.contains(&host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_addresses_its_machine_and_what_was_given() {
        let given = vec!["lab.example".to_owned()];
        let names = Names { machine: "vm".to_owned(), given };
        for host in ["127.0.0.1", "10.0.0.9", "[::1]", "localhost", "a.localhost", "vm", "VM"] {
            assert!(names.have(host), "{host}");
        }
        for host in ["vm.local", "lab.example", "Lab.Example"] {
            assert!(names.have(host), "{host}");
        }
        for host in ["", "example", "vm.example", "vm.local.example", "localhost.example"] {
            assert!(!names.have(host), "{host}");
        }
    }
}
