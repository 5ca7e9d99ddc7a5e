//! The link's delays, and that nobody is waited for without end.

use super::*;

#[tokio::test(start_paused = true)]
async fn bytes_arrive_after_the_delay_and_the_set_up() {
    let (ear, mut heard, _) = Ear::new(64);
    let (mut client, socket) = tokio::io::duplex(1024);
    let link = Link {
        delay: Micros::from_millis(40),
        accepted: clock::now(),
        first: Bytes::from_static(b"ask"),
        cut: CancellationToken::new(),
        killed: CancellationToken::new(),
    };
    let mut service = link.lay(socket, ear);
    let began = tokio::time::Instant::now();
    let mut buffer = [0; 3];
    service.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"ask");
    let asked = began.elapsed();
    service.write_all(b"yes").await.unwrap();
    client.read_exact(&mut buffer).await.unwrap();
    let answered = began.elapsed();
    let close =
        |elapsed: Duration, millis: u64| elapsed.as_millis().abs_diff(u128::from(millis)) <= 2;
    assert!(close(asked, 120), "a round trip for the set-up, then one way: {asked:?}");
    assert!(close(answered, 160), "{answered:?}");
    drop(service);
    assert_eq!(client.read(&mut buffer).await.unwrap(), 0, "the close arrives too");
    assert!(matches!(heard.recv().await, Some(crate::tap::Heard::Passed { upto: 3, .. })));
}

#[tokio::test]
async fn a_service_at_work_is_told_from_where_the_link_begins() {
    let (ear, mut heard, _) = Ear::new(64);
    let (_client, socket) = tokio::io::duplex(1024);
    let (near, mut far) = ends(ear.clone());
    let link = Link {
        delay: Micros(0),
        accepted: clock::now(),
        first: Bytes::from_static(b"ask"),
        cut: CancellationToken::new(),
        killed: CancellationToken::new(),
    };
    link.carry_on(socket, near, ear, 24);
    let mut buffer = [0; 3];
    far.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"ask");
    assert!(matches!(heard.recv().await, Some(crate::tap::Heard::Passed { upto: 27, .. })));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_nothing_for_ever() {
    let (ear, mut heard, _) = Ear::new(64);
    let (client, socket) = tokio::io::duplex(8);
    let link = Link {
        delay: Micros::from_millis(40),
        accepted: clock::now(),
        first: Bytes::new(),
        cut: CancellationToken::new(),
        killed: CancellationToken::new(),
    };
    let socket = crate::tap::Tap::accepted(socket, ear.clone());
    let mut service = link.lay(socket, ear);
    let began = tokio::time::Instant::now();
    service.write_all(&[0; 1_000]).await.unwrap();
    drop(service);
    // Once nobody is left who could say something, the link is gone.
    let mut given_up = 0;
    while let Some(next) = heard.recv().await {
        given_up += u64::from(matches!(next, crate::tap::Heard::GaveUp { .. }));
    }
    assert_eq!(given_up, 1, "what was under way is lost, and that is said");
    let took = began.elapsed();
    assert!((PATIENCE..PATIENCE + LINGER * 2).contains(&took), "{took:?}");
    drop(client);
}

/// A socket that takes what is written and never comes to closing.
struct Stuck;

impl AsyncWrite for Stuck {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_for_which_there_is_no_room_is_given_up() {
    let (queue, due) = mpsc::channel(2);
    queue.send((clock::now(), Some(Bytes::from_static(b"said")))).await.unwrap();
    queue.send((clock::now(), None)).await.unwrap();
    let began = tokio::time::Instant::now();
    let (_, delivered) = deliver(due, Stuck).await;
    assert_eq!(delivered, Delivered::GivenUp);
    let took = began.elapsed();
    assert!((PATIENCE..PATIENCE + LINGER).contains(&took), "{took:?}");
}
