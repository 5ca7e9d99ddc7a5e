//! What was heard. Plain data that server and page agree on: no clock, no socket, no file, no
//! randomness, and no decoding (that is `wire`) or drawing (that is `scene`).
//!
//! Open first: [`entry`] (a line of the log), [`event`] (what a decoder made of bytes),
//! [`moments`] (when an event left and when it landed), [`metrics`] (the figures of a run).

pub mod base64_bytes;
pub mod ids;
pub mod time;
pub mod tls;

pub mod span;

pub mod field;

pub mod fault;

pub mod event;

pub mod grpc;
pub mod http1;
pub mod http2;

pub mod webhook;
pub mod websocket;

pub mod sse;

pub mod resp;

pub mod spoken;

pub mod note;

pub mod participant;

pub mod entry;

pub mod log;

pub mod moments;

pub mod metrics;

pub mod studio;

pub mod processor_time;

pub mod lesson;
