//! What a client sends along with a request.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::caps::Caps;
use crate::refusal::Refusal;

/// The fewest bytes a second that a body may bring.
const SLOWEST: u64 = 100;

/// Reads a body to its end, bounded in length and in slowness. Gives how long it was, and so many of
/// its first bytes.
///
/// # Errors
/// A body that is too long, too slow, or none.
pub async fn read(mut body: Incoming, caps: Caps, keep: usize) -> Result<(u64, Vec<u8>), Refusal> {
    let window = Duration::from_secs(caps.slow_body_s);
    let (mut total, mut kept) = (0, Vec::new());
    let mut window_end = tokio::time::Instant::now() + window;
    let mut in_window = 0;
    loop {
        match tokio::time::timeout_at(window_end, body.frame()).await {
            Ok(None) => return Ok((total, kept)),
            Ok(Some(Err(_))) => return Err(Refusal::BadRequest),
            Ok(Some(Ok(frame))) => {
                let data = frame.data_ref().map_or(&[][..], Bytes::as_ref);
                let len = data.len() as u64;
                in_window += len;
                total += len;
                if total > caps.lab_body_bytes {
                    return Err(Refusal::BodyTooLarge);
                }
                let room = keep.saturating_sub(kept.len()).min(data.len());
                kept.extend_from_slice(data.get(..room).unwrap_or_default());
            }
            Err(_) if in_window < SLOWEST * caps.slow_body_s => return Err(Refusal::SlowBody),
            Err(_) => {
                in_window = 0;
                window_end += window;
            }
        }
    }
}
