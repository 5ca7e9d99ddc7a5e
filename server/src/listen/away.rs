//! What is said to connections that become no run's: they are in no log, so what happens to them is in
//! the server's own.

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Service;
use super::tls::Under;
use crate::link;
use crate::refusal::Refusal;

/// Refuses a connection for which there is no place.
pub async fn turn_away(mut stream: TcpStream, service: &Service) {
    tracing::warn!(service = service.name, "too many connections: refused");
    let _ = stream.write_all(&Refusal::TooMany.bytes(service.version)).await;
    link::close(&mut stream).await;
}

/// Refuses a connection that is no run's.
pub async fn refuse<S>(stream: &mut S, service: &Service, refusal: Refusal)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    tracing::debug!(service = service.name, ?refusal, "refused");
    let _ = stream.write_all(&refusal.bytes(service.version)).await;
    link::close(stream).await;
}

/// Answers whether TLS works: who reads that trusts this server.
pub async fn trust<S>(stream: &mut S, service: &Service, under: &Under)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if !under.is_tls() {
        return refuse(stream, service, Refusal::NoRun).await;
    }
    let answer = format!(
        "{} 204 No Content\r\nAccess-Control-Allow-Origin: *\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n",
        service.version.text()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    link::close(stream).await;
}
