//! The gRPC contract of the labs, as Rust: messages, the server's trait and the client. Made from
//! `proto/lifeline/v1/chat.proto` when this is built; and the same of the changed one beside it,
//! `proto/lifeline/v2/chat.proto`.

/// `lifeline.v1`: the chat.
#[allow(unused_qualifications, missing_docs, reason = "it is made from the contract")]
#[allow(clippy::all, clippy::pedantic, reason = "it is made from the contract")]
pub mod v1 {
    tonic::include_proto!("lifeline.v1");
}

/// `lifeline.v2`: the chat after a change, which only a server has.
#[allow(unused_qualifications, missing_docs, reason = "it is made from the contract")]
#[allow(clippy::all, clippy::pedantic, reason = "it is made from the contract")]
pub mod v2 {
    tonic::include_proto!("lifeline.v2");
}

/// The contract as a set of file descriptors, for whoever asks by reflection.
pub const CONTRACT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contract.bin"));
