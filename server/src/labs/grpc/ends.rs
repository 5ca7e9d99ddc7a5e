//! What ends a call from outside: its deadline, the run's end, the server's.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::run::Run;

/// The longest time that a caller may give.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// What may end a call.
#[derive(Debug, Clone)]
pub struct Ends {
    /// The run that it is part of.
    pub run: Arc<Run>,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
    /// When its caller does not want it any more.
    pub deadline: Option<Instant>,
}

impl Ends {
    /// Works until that is done, or the call is over.
    ///
    /// # Errors
    /// That of the work, or why the call is over.
    pub async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, Status>> + Send,
    ) -> Result<T, Status> {
        tokio::select! {
            biased;
            over = self.come() => Err(over),
            done = work => done,
        }
    }

    async fn come(&self) -> Status {
        tokio::select! {
            () = until(self.deadline) => {
                Status::deadline_exceeded("the time that the caller gave is over")
            }
            () = self.run.until_over() => Status::unavailable("the run is over"),
            () = self.stop.cancelled() => Status::unavailable("the server stops"),
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// When a call is to be over, if its caller says so (gRPC over HTTP2, "Requests": `grpc-timeout`).
pub fn deadline(metadata: &MetadataMap) -> Option<Instant> {
    let timeout = timeout(metadata.get("grpc-timeout")?.to_str().ok()?)?;
    Instant::now().checked_add(timeout.min(LONGEST))
}

/// Up to eight digits and a unit; what is none tells nothing.
fn timeout(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let digits = text.strip_suffix(unit)?;
    let digits = digits.parse::<u64>().ok().filter(|_| {
        (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })?;
    match unit {
        'H' => Some(Duration::from_secs(digits * 3_600)),
        'M' => Some(Duration::from_secs(digits * 60)),
        'S' => Some(Duration::from_secs(digits)),
        'm' => Some(Duration::from_millis(digits)),
        'u' => Some(Duration::from_micros(digits)),
        'n' => Some(Duration::from_nanos(digits)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_number_and_a_unit() {
        for (text, said) in [
            ("250m", Some(Duration::from_millis(250))),
            ("30000000u", Some(Duration::from_secs(30))),
            ("2H", Some(Duration::from_secs(7_200))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3_600))),
            ("100000000S", None),
            ("+5S", None),
            ("5", None),
            ("S", None),
            ("", None),
            ("5s", None),
        ] {
            assert_eq!(timeout(text), said, "{text:?}");
        }
    }
}
