//! A client that speaks raw bytes and keeps every byte that it sent and received.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection.
pub struct Raw {
    /// The address from which it is, as `opened` tells it.
    pub addr: String,
    /// What the system took of us.
    pub sent: Vec<u8>,
    /// What came.
    pub received: Vec<u8>,
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How much of `received` belongs to answers that were taken.
    taken: usize,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Its head, with the empty line.
    pub head: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Raw {
    /// Connects.
    pub async fn connect(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.expect("the lab's service accepts");
        stream.set_nodelay(true).expect("a socket can be set");
        let addr = stream.local_addr().expect("a socket has an address").to_string();
        let (sent, received) = (Vec::new(), Vec::new());
        Self { addr, sent, received, stream, buffer: vec![0; 16 * 1024], taken: 0 }
    }

    /// Writes, and keeps what the system took, also of a write that fails later.
    ///
    /// # Errors
    /// Those of the system's.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let len = self.stream.write(rest).await?;
            let (taken, after) = rest.split_at(len);
            self.sent.extend_from_slice(taken);
            rest = after;
        }
        Ok(())
    }

    /// Writes what must go through.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.write(bytes.as_ref()).await.expect("the service reads");
    }

    /// Reads once. Gives the number of bytes, 0 at the end.
    ///
    /// # Errors
    /// Those of the system's.
    pub async fn read(&mut self) -> io::Result<usize> {
        let len = self.stream.read(&mut self.buffer).await?;
        self.received.extend_from_slice(&self.buffer[..len]);
        Ok(len)
    }

    /// Reads until the server closes.
    ///
    /// # Errors
    /// A connection that is cut off.
    pub async fn read_to_end(&mut self) -> io::Result<()> {
        while self.read().await? > 0 {}
        Ok(())
    }

    /// The next answer, to a request of this method. None if the server closed before.
    ///
    /// # Errors
    /// A connection that is cut off.
    pub async fn reply(&mut self, method: &str) -> io::Result<Option<Reply>> {
        loop {
            if let Some((reply, len)) = parse(&self.received[self.taken..], method) {
                self.taken += len;
                return Ok(Some(reply));
            }
            if self.read().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Asks, and takes the answer that must come.
    pub async fn ask(&mut self, request: &str) -> Reply {
        self.send(request).await;
        let method = request.split(' ').next().unwrap_or_default();
        let reply = self.reply(method).await.expect("the connection is not cut off");
        reply.expect("an answer comes")
    }

    /// Says that nothing more is sent, and reads until the server closes too.
    ///
    /// # Errors
    /// A connection that is cut off.
    pub async fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        self.read_to_end().await
    }

    /// Cuts the connection off: what is under way is thrown away, and the server learns an error.
    pub fn reset(self) -> (Vec<u8>, Vec<u8>) {
        self.stream.set_zero_linger().expect("a socket can be set");
        (self.sent, self.received)
    }

    /// The status of the first answer, if one came.
    pub fn status(&self) -> Option<u16> {
        let line = self.received.split(|byte| *byte == b'\r').next()?;
        std::str::from_utf8(line).ok()?.split(' ').nth(1)?.parse().ok()
    }
}

impl Reply {
    /// Its first line.
    pub fn start_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        let status = self.start_line().split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no status in {:?}", self.head))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut named = headers.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    }
}

/// A request without a body.
pub fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: lifeline.test\r\n\r\n")
}

fn parse(bytes: &[u8], method: &str) -> Option<(Reply, usize)> {
    let head_len = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..head_len]).into_owned();
    let mut reply = Reply { head, body: Vec::new() };
    // Every answer of the labs has a length, or no body at all.
    let said = reply.header("content-length").and_then(|len| len.parse::<usize>().ok());
    let len = if method == "HEAD" { 0 } else { said.unwrap_or(0) };
    reply.body = bytes.get(head_len..head_len + len)?.to_vec();
    Some((reply, head_len + len))
}
