//! Compiles the contract, without a compiler of Protocol Buffers to install.

use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;

#[expect(clippy::disallowed_methods, reason = "it writes what is compiled, where Cargo says")]
fn main() -> Result<(), Box<dyn Error>> {
    let contract = "../lifeline/v1/chat.proto";
    println!("cargo:rerun-if-changed={contract}");
    let set = protox::compile([contract], [".."])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("contract.bin"), set.encode_to_vec())?;
    // Transport is whoever uses it: a browser has its own.
    tonic_prost_build::configure().build_transport(false).compile_fds(set)?;
    Ok(())
}
