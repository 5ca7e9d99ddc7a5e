//! A client that hears messages by one protocol, as libraries of others do it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
use futures_util::future::ready;
use futures_util::stream::BoxStream;
use http::header;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rpc::v1::SubscribeRequest;
use rpc::v1::chat_client::ChatClient;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;
use tonic::Request;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Endpoint, Uri};
use trace::processor_time::Protocol;

use super::house::{Door, TO};

/// A client that is subscribed.
pub struct Subscriber {
    /// The texts of the messages, as they come.
    texts: BoxStream<'static, anyhow::Result<String>>,
    /// What keeps the connection open.
    _open: Box<dyn Send>,
}

impl Subscriber {
    /// Subscribes. All that is read is counted.
    ///
    /// # Errors
    /// Those of the system's, or an answer that is no success.
    pub async fn begin(door: &Door, read: &Arc<AtomicU64>) -> anyhow::Result<Self> {
        match door.place.protocol {
            Protocol::Grpc => Box::pin(call(door, read)).await,
            Protocol::Sse => Box::pin(events(door, read)).await,
            Protocol::Websocket => Box::pin(socket(door, read)).await,
        }
    }

    /// The text of the next message.
    ///
    /// # Errors
    /// A connection that is closed.
    pub async fn next(&mut self) -> anyhow::Result<String> {
        self.texts.next().await.context("the connection is closed")?
    }
}

async fn call(door: &Door, read: &Arc<AtomicU64>) -> anyhow::Result<Subscriber> {
    let (addr, counter) = (door.addr, Arc::clone(read));
    let connector = tower::service_fn(move |_: Uri| {
        let counter = Arc::clone(&counter);
        async move { Counted::connect(addr, counter).await.map(TokioIo::new) }
    });
    let endpoint = Endpoint::from_shared(format!("http://{addr}"))?;
    let channel = endpoint.connect_with_connector(connector).await?;
    let mut chat = ChatClient::new(channel);
    let mut request = Request::new(SubscribeRequest { user: TO.to_owned(), after: 0, max: 0 });
    let run: AsciiMetadataValue = door.run.0.parse()?;
    request.metadata_mut().insert("lifeline-run", run);
    let messages = chat.subscribe(request).await?.into_inner();
    let texts = messages.map(|message| Ok::<_, anyhow::Error>(message?.text)).boxed();
    Ok(Subscriber { texts, _open: Box::new(chat) })
}

async fn events(door: &Door, read: &Arc<AtomicU64>) -> anyhow::Result<Subscriber> {
    let stream = Counted::connect(door.addr, Arc::clone(read)).await?;
    let stream = TokioIo::new(stream);
    let (mut sender, conn) = http1::handshake::<_, Empty<Bytes>>(stream).await?;
    tokio::spawn(conn);
    let request = http::Request::get(format!("/r/{}/events", door.run))
        .header(header::HOST, door.addr.to_string())
        .header(header::ACCEPT, "text/event-stream")
        .body(Empty::new())?;
    let response = sender.send_request(request).await?;
    ensure!(response.status().is_success(), "the answer was {}", response.status());
    let events = response.into_body().into_data_stream().eventsource();
    let texts = events.map(|event| Ok::<_, anyhow::Error>(event?.data)).boxed();
    Ok(Subscriber { texts, _open: Box::new(sender) })
}

async fn socket(door: &Door, read: &Arc<AtomicU64>) -> anyhow::Result<Subscriber> {
    let stream = Counted::connect(door.addr, Arc::clone(read)).await?;
    let url = format!("ws://{}/r/{}/socket?user={TO}", door.addr, door.run);
    let (socket, _) = tokio_tungstenite::client_async(url, stream).await?;
    let texts = socket.filter_map(|said| ready(text(said).transpose())).boxed();
    Ok(Subscriber { texts, _open: Box::new(()) })
}

/// The text of a message of the chat; none of what is no message.
fn text(said: Result<tungstenite::Message, tungstenite::Error>) -> anyhow::Result<Option<String>> {
    let tungstenite::Message::Text(text) = said? else { return Ok(None) };
    let delivered = trace::spoken::delivered(&text).context("that is no message of the chat")?;
    Ok(Some(delivered.text))
}

/// A connection of which what is read is counted.
struct Counted {
    stream: TcpStream,
    read: Arc<AtomicU64>,
}

impl Counted {
    async fn connect(addr: SocketAddr, read: Arc<AtomicU64>) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read })
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let len = buf.filled().len().saturating_sub(before);
        self.read.fetch_add(len as u64, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
