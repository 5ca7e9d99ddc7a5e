//! The gRPC contract of the labs, as Rust: messages, the server's trait and the client. Made from
//! `proto/lifeline/v1/chat.proto` when this is built.

/// `lifeline.v1`: the chat.
#[allow(unused_qualifications, missing_docs, reason = "it is made from the contract")]
#[allow(clippy::all, clippy::pedantic, reason = "it is made from the contract")]
pub mod v1 {
    tonic::include_proto!("lifeline.v1");
}

/// The contract as a set of file descriptors, for whoever asks by reflection.
pub const CONTRACT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contract.bin"));
