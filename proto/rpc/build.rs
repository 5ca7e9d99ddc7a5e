//! Compiles the contracts, without a compiler of Protocol Buffers to install.

use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;

/// What clients have, and what it was changed into.
const FIRST: &str = "../lifeline/v1/chat.proto";
const CHANGED: &str = "../lifeline/v2/chat.proto";

#[expect(clippy::disallowed_methods, reason = "it writes what is compiled, where Cargo says")]
fn main() -> Result<(), Box<dyn Error>> {
    for contract in [FIRST, CHANGED] {
        println!("cargo:rerun-if-changed={contract}");
    }
    // Who asks by reflection is told what they can call, which is the first.
    let told = protox::compile([FIRST], [".."])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("contract.bin"), told.encode_to_vec())?;
    let set = protox::compile([FIRST, CHANGED], [".."])?;
    // Transport is whoever uses it: a browser has its own.
    tonic_prost_build::configure().build_transport(false).compile_fds(set)?;
    Ok(())
}
