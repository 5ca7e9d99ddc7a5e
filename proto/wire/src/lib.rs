//! Bytes in, events out. Push bytes with [`conn::Conn::feed`], get [`trace::event::Event`]s; no
//! clock, no socket, and nothing fails: bad bytes make events with faults.
//!
//! Open first: [`conn`] (who listens to a connection now), [`http1`], [`http2`], [`websocket`],
//! [`resp`] and [`tls`] (the decoders), [`sse`] and [`grpc`] (what a content may hold), [`explain`]
//! (a sentence and its source for each field). The laws that all decoders keep are tests in `laws`.

pub mod reader;

mod both;

pub mod conn;

pub mod http1;

pub mod http2;

pub mod hpack;

pub mod sse;

pub mod grpc;

pub mod protobuf;

pub mod websocket;

pub mod resp;

pub mod tls;

pub mod explain;

pub mod transcript;

mod listener;

mod utf8;

#[cfg(test)]
mod laws;
