//! The server of `cargo xtask bench idle` and `soak`: the real one, whose allocations are counted.
//! Each line on its input is answered with the bytes that are allocated now.
#![expect(clippy::print_stdout, reason = "it tells where it listens, and what it holds")]

use std::alloc::System;
use std::io::BufRead as _;

use lifeline::config::Config;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> anyhow::Result<()> {
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    threads.block_on(async {
        let stop = CancellationToken::new();
        let server = lifeline::bind(Config::local()).await?;
        println!("Lifeline listens on http://localhost:{}/", server.studio.port());
        let asked = stop.clone();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                if line.is_err() {
                    break;
                }
                let stats = COUNTED.stats();
                // What was reallocated is in the two others already.
                println!("{}", stats.bytes_allocated.saturating_sub(stats.bytes_deallocated));
            }
            asked.cancel();
        });
        lifeline::serve(server, stop).await;
        anyhow::Ok(())
    })
}
