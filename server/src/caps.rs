//! The server's caps: every bound on what one client, one run or all of them may take. Each can be
//! set when the server starts: `--cap run_entries=1000`.

/// Declares the caps: name, default, range.
macro_rules! caps {
    ($($(#[doc = $doc:literal])+ $name:ident: $default:expr, $least:expr, $most:expr;)+) => {
        /// Bounds on what is taken and kept.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Caps {
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Default for Caps {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl Caps {
            /// Sets one by its name.
            ///
            /// # Errors
            /// A name that is none, or a number out of its range.
            pub fn set(&mut self, name: &str, value: u64) -> Result<(), String> {
                match name {
                    $(stringify!($name) => {
                        let range = $least..=$most;
                        if !range.contains(&value) {
                            let (least, most) = range.into_inner();
                            return Err(format!("{name} takes a number from {least} to {most}"));
                        }
                        self.$name = value;
                    })+
                    _ => {
                        let known = [$(stringify!($name)),+].join(", ");
                        return Err(format!("{name} is no cap; there are {known}"));
                    }
                }
                Ok(())
            }
        }
    };
}

caps! {
    /// Entries that a run keeps.
    run_entries: 100_000, 100, 10_000_000;
    /// Bytes that a run keeps: traffic, and what was made of it.
    run_bytes: 64 << 20, 64 << 10, 16 << 30;
    /// Bytes of one body that are kept, a direction.
    body_kept_bytes: 1 << 20, 0, 1 << 30;
    /// Chunks that may wait for a connection's recorder.
    queue_chunks: 4_096, 16, 1 << 20;
    /// Messages of one run that the shared store keeps.
    store_rows: 100_000, 10, 10_000_000;
    /// Bytes of a lab message's text.
    message_bytes: 4 << 10, 16, 1 << 20;
    /// Messages that may wait for a client of the chat.
    inbox: 1_000, 1, 1_000_000;
    /// Runs at once.
    runs: 200, 1, 100_000;
    /// Connections to the labs at once.
    connections: 20_000, 1, 1_000_000;
    /// Connections of one run at once.
    run_connections: 10_000, 1, 1_000_000;
    /// Connections to the labs from one address at once.
    address_connections: 2_000, 1, 1_000_000;
    /// Connections to the studio at once.
    studio_connections: 20_000, 1, 1_000_000;
    /// Bytes of a request's body on a lab.
    lab_body_bytes: 8 << 20, 1 << 10, 1 << 30;
    /// Bytes of a request's body on the studio.
    studio_body_bytes: 1 << 20, 1 << 10, 1 << 30;
    /// Seconds that a connection's first byte may take.
    first_byte_s: 10, 1, 3_600;
    /// Seconds that a head may take from its first byte.
    head_s: 10, 1, 3_600;
    /// Seconds in which a body must bring 100 bytes for each.
    slow_body_s: 10, 1, 3_600;
    /// Seconds after which a run without driver or traffic ends.
    run_idle_s: 600, 1, 86_400;
    /// Seconds that what is in flight may take when the server stops.
    shutdown_s: 5, 0, 600;
}

/// A cap as it is given to the program: `NAME=NUMBER`.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<(String, u64), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=NUMBER is wanted, such as runs=50")?;
    let value = value.parse().map_err(|_| format!("{value} is no whole number"))?;
    Caps::default().set(name, value)?;
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_set_by_name_within_its_range() {
        assert_eq!(parse("runs=50"), Ok(("runs".to_owned(), 50)));
        assert_eq!(parse("runs=0").unwrap_err(), "runs takes a number from 1 to 100000");
        assert_eq!(parse("runs=many").unwrap_err(), "many is no whole number");
        assert!(parse("rums=1").unwrap_err().starts_with("rums is no cap; there are run_entries"));
        assert!(parse("runs").unwrap_err().starts_with("NAME=NUMBER"));
    }
}
