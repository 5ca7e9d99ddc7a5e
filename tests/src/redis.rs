//! A Redis of a test's own, on a free port. It ends with the test.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A Redis that runs.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    /// Its address, as `--store` takes it.
    pub url: String,
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Redis {
    /// Starts one.
    ///
    /// # Panics
    /// Where there is no `redis-server`, or it does not listen.
    pub async fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = free.local_addr().expect("a listener has an address");
        drop(free);
        let port = addr.port().to_string();
        let args = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let child = Command::new("redis-server")
            .args(args)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is needed: cargo xtask test brings it");
        let redis = Self { child, url: format!("redis://{addr}") };
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(addr).await.is_ok() {
                return redis;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("redis-server does not listen")
    }
}
