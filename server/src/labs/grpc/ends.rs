//! What ends a call from outside: its deadline, the run's end, the server's, its instance's.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Response};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;

use crate::run::{Run, cancelled};

/// The longest time that a caller may give.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// What may end a call.
#[derive(Debug, Clone)]
pub struct Ends {
    /// The run that it is part of.
    pub run: Arc<Run>,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
    /// Cancelled when the instance is killed, where that does not cut the connection off.
    pub killed: Option<CancellationToken>,
    /// When its caller does not want it any more.
    pub deadline: Option<Instant>,
}

impl Ends {
    /// Lets a service answer, from the request's head to the answer's end. What is over before its head
    /// is told in the head's place, and later in trailers.
    pub async fn around(
        self,
        answer: impl Future<Output = Response<Body>> + Send,
    ) -> Response<Body> {
        let response = tokio::select! {
            biased;
            over = self.come() => return over.into_http(),
            response = answer => response,
        };
        let over = Box::pin(async move { self.come().await });
        response.map(|body| Body::new(Bounded { body, over: Some(over) }))
    }

    /// Why the call is over, once it is.
    pub async fn come(&self) -> Status {
        tokio::select! {
            () = until(self.deadline) => {
                Status::deadline_exceeded("the time that the caller gave is over")
            }
            () = self.run.until_over() => Status::unavailable("the run is over"),
            () = self.stop.cancelled() => Status::unavailable("the server stops"),
            () = cancelled(self.killed.as_ref()) => {
                Status::unavailable("the instance was killed")
            }
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
pub fn deadline(headers: &HeaderMap) -> Option<Instant> {
    let timeout = timeout(headers.get("grpc-timeout")?.to_str().ok()?)?;
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

/// What a call answers, until it is over.
struct Bounded {
    body: Body,
    /// Why it is over, once it is. None when that is said.
    over: Option<BoxFuture<'static, Status>>,
}

impl hyper::body::Body for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(over) = &mut self.over else { return Poll::Ready(None) };
        if let Poll::Ready(status) = over.as_mut().poll(cx) {
            self.over = None;
            self.body = Body::empty();
            let mut trailers = HeaderMap::new();
            let told = status.add_header(&mut trailers).map(|()| Frame::trailers(trailers));
            return Poll::Ready(Some(told));
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.over.is_none() || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn an_answer_that_is_over_says_so_in_trailers() {
        let over = Box::pin(async { Status::deadline_exceeded("over") });
        let never = futures_util::stream::pending::<Result<Frame<Bytes>, Status>>();
        let body = Body::new(http_body_util::StreamBody::new(never));
        let mut bounded = Body::new(Bounded { body, over: Some(over) });
        let trailers = bounded.frame().await.unwrap().unwrap().into_trailers().unwrap();
        assert_eq!(
            (&trailers["grpc-status"], &trailers["grpc-message"]),
            (&"4".parse().unwrap(), &"over".parse().unwrap())
        );
        assert!(bounded.frame().await.is_none());
    }

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
