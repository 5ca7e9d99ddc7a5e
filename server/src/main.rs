//! The program `lifeline`: reads the flags, starts the server, and stops it in order.
#![expect(clippy::print_stdout, reason = "it tells where the page is")]

use std::io::IsTerminal as _;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use clap::Parser as _;
use lifeline::config::{Cli, Command, Config};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// The system's allocator on Linux keeps an arena a thread, and what is resident creeps up for minutes
/// under a load that never changes; this one stays where it is (`cargo xtask bench soak`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match cli.command {
        Some(Command::Serve(config)) => config,
        None => cli.serve,
    };
    let filter = EnvFilter::try_from_env("LIFELINE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(config: Config) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let terminate = signal(SignalKind::terminate())?;
    let server = lifeline::bind(config.clone()).await?;
    if config.data.is_some() {
        tracing::info!(
            "--data keeps the certificate authority, webhook deliveries, and runs that are over; one under way is lost if the program is killed"
        );
    }
    announce(server.studio);
    if config.open
        && let Err(error) = open::that_detached(format!("http://{}/", shown(server.studio)))
    {
        tracing::warn!(%error, "no browser could be opened");
    }
    tokio::spawn(hear(terminate, stop.clone()));
    lifeline::serve(server, stop).await;
    Ok(())
}

/// Stops when it is told to, and at once when it is told again.
async fn hear(mut terminate: Signal, stop: CancellationToken) {
    told(&mut terminate).await;
    tracing::info!("stopping");
    stop.cancel();
    told(&mut terminate).await;
    tracing::warn!("stopped at once");
    std::process::exit(1);
}

/// Waits until somebody says that it is to stop.
async fn told(terminate: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Prints where the page is: every address of this machine where the whole network is let in.
fn announce(studio: SocketAddr) {
    println!("Lifeline listens on http://{}/", shown(studio));
    if !studio.ip().is_unspecified() {
        return;
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    for interface in interfaces.iter().filter(|interface| !interface.is_loopback()) {
        match interface.ip() {
            IpAddr::V4(ip) => println!("  on the network: http://{ip}:{}/", studio.port()),
            IpAddr::V6(ip) if !ip.is_unicast_link_local() => {
                println!("  on the network: http://[{ip}]:{}/", studio.port());
            }
            IpAddr::V6(_) => {}
        }
    }
}

/// The address that works on this machine.
fn shown(studio: SocketAddr) -> String {
    if studio.ip().is_unspecified() || studio.ip() == IpAddr::from([127, 0, 0, 1]) {
        format!("localhost:{}", studio.port())
    } else {
        studio.to_string()
    }
}
