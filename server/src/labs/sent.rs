//! What a client sends along with a request.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::caps::Caps;
use crate::held::{Full, Part};
use crate::refusal::Refusal;

/// The fewest bytes a second that a body may bring.
const SLOWEST: u64 = 100;

/// Reads a body to its end, bounded in length and in slowness. Gives how long it was, and so many of
/// its first bytes.
///
/// # Errors
/// A body that is too long, too slow, or none.
pub async fn read(body: Incoming, caps: Caps, keep: usize) -> Result<(u64, Vec<u8>), Refusal> {
    let sent = take(body, caps, keep, |_| Ok(())).await?;
    Ok((sent.len, sent.kept))
}

/// Reads a body that is kept whole, as part of what its connection may hold.
///
/// # Errors
/// Those of [`read`]; a connection that holds too much.
pub async fn whole(
    body: Incoming,
    caps: Caps,
    most: usize,
    part: &mut Part,
) -> Result<Vec<u8>, Refusal> {
    let held = |len| part.take(len).map_err(|Full| Refusal::BodyTooLarge);
    Ok(take(body, caps, most, held).await?.kept)
}

struct Sent {
    len: u64,
    kept: Vec<u8>,
}

async fn take(
    mut body: Incoming,
    caps: Caps,
    keep: usize,
    mut held: impl FnMut(u64) -> Result<(), Refusal>,
) -> Result<Sent, Refusal> {
    let window = Duration::from_secs(caps.slow_body_s);
    let (mut total, mut kept) = (0, Vec::new());
    let mut window_end = tokio::time::Instant::now() + window;
    let mut in_window = 0;
    loop {
        match tokio::time::timeout_at(window_end, body.frame()).await {
            Ok(None) => return Ok(Sent { len: total, kept }),
            Ok(Some(Err(_))) => return Err(Refusal::BadRequest),
            Ok(Some(Ok(frame))) => {
                let data = frame.data_ref().map_or(&[][..], Bytes::as_ref);
                let len = data.len() as u64;
                in_window += len;
                total += len;
                if total > caps.lab_body_bytes {
                    return Err(Refusal::BodyTooLarge);
                }
                held(len)?;
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
