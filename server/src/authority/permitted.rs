//! For whom an authority may vouch (RFC 5280, section 4.2.1.10): this machine's names, those below
//! `.local`, and addresses. Which addresses this machine will have is not known, so that it may be any.

use std::net::IpAddr;

use rcgen::{CidrSubnet, GeneralSubtree, NameConstraints};

/// The names of a machine that an authority made there may vouch for, with all that end in them.
pub fn bases(machine: &str) -> Vec<String> {
    let mut bases = vec!["localhost".to_owned(), "local".to_owned()];
    if machine != "localhost" {
        bases.push(machine.to_owned());
    }
    bases
}

/// The same as a certificate says it.
pub fn constraints(bases: Vec<String>) -> NameConstraints {
    let mut permitted_subtrees: Vec<_> = bases.into_iter().map(GeneralSubtree::DnsName).collect();
    let all = [CidrSubnet::from_v4_prefix([0; 4], 0), CidrSubnet::from_v6_prefix([0; 16], 0)];
    permitted_subtrees.extend(all.map(GeneralSubtree::IpAddress));
    NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() }
}

/// Those of a server's names for which an authority may vouch; one other would spoil the certificate.
/// It says nothing of that where an older version of this program made it.
pub fn among(bases: Option<&[String]>, mut names: Vec<String>) -> Vec<String> {
    let Some(bases) = bases else { return names };
    names.retain(|name| {
        let permitted = name.parse::<IpAddr>().is_ok() || bases.iter().any(|it| ends(name, it));
        if !permitted {
            tracing::warn!(name, "the authority that is kept may not vouch for this name");
        }
        permitted
    });
    names
}

/// Whether a name is that one, or lies below it.
fn ends(name: &str, base: &str) -> bool {
    let below = name.strip_suffix(base);
    below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_authority_may_not_vouch_for_is_left_out() {
        let names = ["localhost", "other", "host", "ghost", "other.local", "192.0.2.7", "::1"];
        let names = || names.map(str::to_owned).to_vec();
        let left = among(Some(bases("host").as_slice()), names());
        assert_eq!(left, ["localhost", "host", "other.local", "192.0.2.7", "::1"]);
        assert_eq!(among(None, names()), names());
    }
}
