//! One attempt: the connection, the request, its answer, and the notes of it. To a listener of this server's own
//! it goes over the tapped way, as the payment service, so that the run hears it.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use trace::entry::What;
use trace::ids::{ConnId, Seq};
use trace::note;
use trace::time::Micros;
use trace::webhook::Outcome;

use super::connect::{Net, reach};
use super::endpoint::{Delivery, Endpoint};
use super::guard::{Guard, Target};
use super::sign::{self, signatures};
use crate::run::{Run, payments};
use crate::{agent, clock};

/// How the payment service names itself.
const CALLER: &str = concat!("lifeline-payments/", env!("CARGO_PKG_VERSION"));

/// The most bytes of an answer that are read.
const ANSWER: usize = 64 * 1024;

/// How long the rest of an answer and its connection's end are waited for.
const REST: Duration = Duration::from_millis(500);

/// What deliveries are made with.
#[derive(Debug)]
pub(super) struct Way {
    /// Where they may go.
    pub guard: Guard,
    /// How they get there.
    pub net: Net,
    /// Whom they trust over TLS.
    pub tls: Option<Arc<ClientConfig>>,
    /// And at this server's own site.com.
    pub own_tls: Option<Arc<ClientConfig>>,
}

/// An answer whose head was read.
struct Answered {
    status: u16,
    body: Incoming,
    sender: http1::SendRequest<Full<Bytes>>,
    conn: AbortOnDropHandle<hyper::Result<()>>,
}

/// The note that an attempt began, told once its connection is known, or at its end.
struct Sent<'a> {
    run: Option<&'a Run>,
    at: Micros,
    what: Option<note::What>,
}

/// A connection that came about, as its run may come to know it.
struct Line<'a> {
    run: Option<&'a Run>,
    from: Option<SocketAddr>,
    tls: bool,
    after: Seq,
}

impl Sent<'_> {
    /// Tells it, if it was not. It is not earlier than the connection of which it is a part.
    fn tell(&mut self, conn: Option<(ConnId, Micros)>) {
        let (Some(run), Some(what)) = (self.run, self.what.take()) else { return };
        let opened = conn.map_or(self.at, |(_, at)| run.began().plus(at));
        run.note_at(self.at.max(opened), conn.map(|(conn, _)| conn), what);
    }
}

impl Line<'_> {
    /// The connection's number and moment in its run, if it is known by now; looks at what is new.
    fn known(&mut self) -> Option<(ConnId, Micros)> {
        let (run, from) = (self.run?, self.from?.to_string());
        for kept in run.log.after(self.after, usize::MAX) {
            self.after = kept.entry.seq;
            if let What::Opened(opened) = &kept.entry.what
                && opened.client_addr == from
                && opened.inside.is_some() == self.tls
            {
                return Some((opened.conn, kept.entry.at_us));
            }
        }
        None
    }

    /// The same, once it is known.
    async fn opened(&mut self) -> (ConnId, Micros) {
        let Some(run) = self.run else { return std::future::pending().await };
        let mut last = run.log.last();
        loop {
            if let Some(known) = self.known() {
                return known;
            }
            if last.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

impl Way {
    /// Tries a delivery once. Its run, if it is still there, is told of it.
    pub async fn attempt(
        &self,
        delivery: &Delivery,
        endpoint: &Endpoint,
        run: Option<&Run>,
    ) -> Outcome {
        let began = clock::now();
        let what = note::What::DeliverySent {
            delivery: delivery.id.clone(),
            attempt: delivery.attempt,
            payment: delivery.payment.clone(),
        };
        let mut sent = Sent { run, at: began, what: Some(what) };
        // A run that pauses holds its own site's answer at the gate.
        let held = run.filter(|_| endpoint.own).map(|run| run.gate.longest());
        let patience = Micros::from_millis(delivery.policy.timeout_ms);
        let patience = clock::duration(patience.plus(held.unwrap_or_default()));
        let exchange = Box::pin(self.exchange(delivery, endpoint, run, &mut sent));
        let answered = tokio::time::timeout(patience, exchange).await;
        let took_us = clock::now().since(began);
        sent.tell(None);
        let outcome = match answered {
            Ok(Ok(answered)) => answered.outcome().await,
            Ok(Err(outcome)) => outcome,
            Err(_) => Outcome::TimedOut,
        };
        if let Some(run) = run {
            let (delivery, attempt) = (delivery.id.clone(), delivery.attempt);
            let outcome = outcome.clone();
            run.note(None, note::What::DeliveryEnded { delivery, attempt, outcome, took_us });
        }
        outcome
    }

    /// The answer.
    async fn exchange(
        &self,
        delivery: &Delivery,
        endpoint: &Endpoint,
        run: Option<&Run>,
        sent: &mut Sent<'_>,
    ) -> Result<Answered, Outcome> {
        let checked = self.guard.check(&endpoint.url, &endpoint.run);
        let target = checked.map_err(|not| Outcome::NotAllowed { why: not.why })?;
        let after = run.map(|run| run.log.last_seq()).unwrap_or_default();
        let stream = self.connect(&target, run).await?;
        // What does not go to this server is in no log.
        let run = run.filter(|_| target.own.is_some());
        let from = stream.local_addr().ok();
        let mut line = Line { run, from, tls: target.https, after };
        let request = request(delivery, endpoint, &target).ok_or(Outcome::NoConnection)?;
        if !target.https {
            return Box::pin(talk(stream, request, &mut line, sent)).await;
        }
        let tls = if target.own.is_some() { &self.own_tls } else { &self.tls };
        let (tls, name) = tls.clone().zip(target.server_name()).ok_or(Outcome::NoConnection)?;
        match Box::pin(TlsConnector::from(tls).connect(name, stream)).await {
            Ok(stream) => Box::pin(talk(stream, request, &mut line, sent)).await,
            Err(error) => {
                // There is nothing inside; the connection is the one outside.
                (line.tls, line.after) = (false, after);
                let known = line.known();
                sent.tell(known);
                Err(handshake(&error))
            }
        }
    }

    async fn connect(&self, target: &Target, run: Option<&Run>) -> Result<TcpStream, Outcome> {
        if let (Some(own), Some(run)) = (target.own, run) {
            let who = payments();
            let who = Some(run.known(&who.id)).filter(|it| it.name == who.name).unwrap_or(who);
            let dialled = agent::dial(run, own, who).await;
            return dialled.map(|(stream, _)| stream).map_err(|_| Outcome::NoConnection);
        }
        reach(&self.guard, &self.net, target).await
    }
}

/// Why a handshake failed.
fn handshake(error: &std::io::Error) -> Outcome {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => Outcome::BadCertificate,
        _ => Outcome::Reset,
    }
}

/// The request, signed now. None where a header cannot be written.
fn request(
    delivery: &Delivery,
    endpoint: &Endpoint,
    target: &Target,
) -> Option<Request<Full<Bytes>>> {
    let timestamp = clock::wall_ms() / 1_000;
    let signed = signatures(endpoint.secrets(), &delivery.id, timestamp, &delivery.payload);
    Request::post(&target.path)
        .header(header::HOST, target.host())
        .header(header::USER_AGENT, CALLER)
        .header(header::CONTENT_TYPE, "application/json")
        .header(sign::ID, &delivery.id)
        .header(sign::TIMESTAMP, timestamp)
        .header(sign::SIGNATURE, signed)
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(delivery.payload.clone())))
        .ok()
}

impl Answered {
    /// How the attempt ended. The status says it; the rest is read, since who is cut off in it may take it for a
    /// failure, and changes nothing.
    async fn outcome(self) -> Outcome {
        let Self { status, mut body, sender, conn } = self;
        let rest = async move {
            let mut read = 0;
            while read < ANSWER
                && let Some(Ok(frame)) = body.frame().await
            {
                read += frame.data_ref().map_or(0, Bytes::len);
            }
            drop((body, sender));
            let _ = conn.await;
        };
        let _ = tokio::time::timeout(REST, rest).await;
        match status {
            200..=299 => Outcome::Delivered,
            status => Outcome::Refused { status },
        }
    }
}

/// Sends the request, and reads its answer's head. Meanwhile the run may come to know the connection.
async fn talk<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    line: &mut Line<'_>,
    sent: &mut Sent<'_>,
) -> Result<Answered, Outcome>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let outcome = {
        let mut answer = pin!(ask(stream, request));
        tokio::select! {
            biased;
            outcome = &mut answer => outcome,
            conn = line.opened() => {
                sent.tell(Some(conn));
                answer.await
            }
        }
    };
    let known = line.known();
    sent.tell(known);
    outcome
}

async fn ask<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answered, Outcome>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(ANSWER);
    let shaken = builder.handshake(TokioIo::new(stream)).await;
    let (mut sender, conn) = shaken.map_err(|_| Outcome::Reset)?;
    let conn = AbortOnDropHandle::new(tokio::spawn(conn));
    let response = sender.send_request(request).await.map_err(|_| Outcome::Reset)?;
    let (status, body) = (response.status().as_u16(), response.into_body());
    Ok(Answered { status, body, sender, conn })
}
