//! The secrets that site.com knows: those of its own endpoints, and of none the more because another has many.

use crate::webhooks::sign::Secret;

/// The most of an endpoint, the newest of them: two while it is being rotated.
const MOST: usize = 2;

/// Secrets of endpoints, of each the newest first. Last stands the endpoint that has had one last.
#[derive(Debug, Default)]
pub struct Trusted(Vec<(String, Vec<Secret>)>);

impl Trusted {
    /// Takes a secret of an endpoint in.
    pub fn take(&mut self, endpoint: &str, secret: Secret) {
        let of = self.0.iter().position(|(own, _)| own == endpoint);
        let mut both = of.map(|at| self.0.remove(at).1).unwrap_or_default();
        both.insert(0, secret);
        both.truncate(MOST);
        self.0.push((endpoint.to_owned(), both));
    }

    /// Takes the new secret of an endpoint in, if another of it is known.
    pub fn renew(&mut self, endpoint: &str, secret: Secret) {
        if self.0.iter().any(|(own, _)| own == endpoint) {
            self.take(endpoint, secret);
        }
    }

    /// Forgets those of an endpoint.
    pub fn forget(&mut self, endpoint: &str) {
        self.0.retain(|(own, _)| own != endpoint);
    }

    /// The newest of all.
    pub fn newest(&self) -> Option<&Secret> {
        self.0.last().and_then(|(_, both)| both.first())
    }

    /// All of them.
    pub fn all(&self) -> Vec<Secret> {
        self.0.iter().flat_map(|(_, both)| both.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_an_endpoint_are_known_whatever_becomes_of_others() {
        let (mut trusted, first, second) = (Trusted::default(), Secret::draw(), Secret::draw());
        trusted.take("ep_1", first.clone());
        for _ in 0..20 {
            trusted.take("ep_2", Secret::draw());
        }
        trusted.renew("ep_3", Secret::draw());
        assert_eq!(trusted.all().len(), 3);
        assert!(trusted.all().contains(&first));
        trusted.renew("ep_1", second.clone());
        assert_eq!(trusted.newest(), Some(&second));
        trusted.forget("ep_1");
        assert_eq!(trusted.all().len(), 2);
        assert!(!trusted.all().contains(&first));
    }
}
