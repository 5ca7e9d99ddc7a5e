//! What the application itself says of its doing: gates, the link, refusals. Notes are evidence of
//! the application, drawn apart from what was heard on a socket.

use serde::{Deserialize, Serialize};

use crate::ids::ConnId;
use crate::time::Micros;
use crate::webhook::{self, Dead, Outcome, Planned, Verdict};

/// Something that the application did or waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The connection that it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub conn: Option<ConnId>,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What the application did or waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum What {
    /// The link holds a new connection's first bytes for one round trip.
    LinkSetup {
        /// How long, twice the delay of one way.
        held_us: Micros,
        /// From which byte on; what came before went to the service at once, since nobody knew whose
        /// link it was.
        #[serde(skip_serializing_if = "is_zero", default)]
        from: u64,
    },
    /// The server stops before an act until the input `next` comes.
    GateHeld {
        /// The gate's number in this run.
        gate: u64,
        /// What the server is about to do.
        act: Act,
        /// After how long it goes on by itself.
        limit_us: Micros,
    },
    /// The server goes on.
    GateReleased {
        /// The gate's number in this run.
        gate: u64,
        /// What the server now does.
        act: Act,
        /// What let it go on.
        by: Release,
    },
    /// The server closes a connection on which nothing was asked.
    KeepAliveOver {
        /// The keep-alive time that ran out.
        after_us: Micros,
    },
    /// The server refuses, or closes without an answer, and why.
    Refused {
        /// The status that it answers, if any.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        status: Option<u16>,
        /// Why.
        why: String,
    },
    /// The run's state changed.
    State {
        /// The state from here on.
        state: crate::studio::RunState,
        /// Why, where it is not plain.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        why: String,
    },
    /// An instance put a message into the shared store. In memory this note is all there is of the
    /// call; with Redis it stands beside what was heard.
    StoreAppended {
        /// The instance that called.
        instance: String,
        /// Where the store is.
        engine: Engine,
        /// The number that the store gave the message.
        id: u64,
        /// Who sent it, in the chat.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        from: Option<String>,
        /// To whom it is, in the chat.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        to: Option<String>,
        /// What it says, shortened to 80 letters.
        text: String,
    },
    /// An instance asked the shared store for what is new.
    StoreRead {
        /// The instance that called.
        instance: String,
        /// Where the store is.
        engine: Engine,
        /// The number after which it asked.
        after: u64,
        /// The numbers that it got.
        ids: Vec<u64>,
    },
    /// The shared store told an instance that there is something new.
    StoreWoke {
        /// The instance that was told.
        instance: String,
        /// Where the store is.
        engine: Engine,
        /// The number of the newest message.
        upto: u64,
    },
    /// An instance holds a poll: it has nothing new.
    PollHeld {
        /// The instance.
        instance: String,
        /// How long it holds it at most.
        limit_us: Micros,
    },
    /// An instance lets a held poll go.
    PollReleased {
        /// The instance.
        instance: String,
        /// Why.
        by: PollRelease,
    },
    /// A user's socket is at an instance.
    UserJoined {
        /// The user.
        user: String,
        /// The instance.
        instance: String,
    },
    /// A user's socket is gone.
    UserLeft {
        /// The user.
        user: String,
        /// The instance.
        instance: String,
    },
    /// An instance took a message from its own client: the stateful chat, where no store gives
    /// numbers. The note's connection is the client's.
    MessageTaken {
        /// The instance.
        instance: String,
        /// The message's number.
        id: u64,
        /// To whom it is.
        to: String,
    },
    /// An instance keeps a message in its own memory, for a user who is there: the stateful chat.
    MessageKept {
        /// The instance.
        instance: String,
        /// The message's number.
        id: u64,
        /// Who sent it.
        from: String,
        /// To whom it is.
        to: String,
        /// What it says, shortened to 80 letters.
        text: String,
    },
    /// Messages are gone for good.
    MessagesLost {
        /// The instance that had them, or that nobody could reach.
        instance: String,
        /// The user to whom they were.
        user: String,
        /// Their numbers.
        ids: Vec<u64>,
        /// Why.
        why: Vanished,
    },
    /// An instance was killed: its connections are cut off, and it takes no new ones.
    InstanceDown {
        /// The instance.
        instance: String,
        /// For this run alone, or for everybody.
        reach: Reach,
    },
    /// An instance was started again.
    InstanceUp {
        /// The instance.
        instance: String,
        /// For this run alone, or for everybody.
        reach: Reach,
    },
    /// The lab cuts an event stream off, as its knob or the input `drop` wants.
    StreamDropped {
        /// The last event that had gone out.
        after: u64,
    },
    /// An address is called from now on when something happens.
    EndpointRegistered {
        /// The endpoint: `ep_…`.
        endpoint: String,
        /// Where it is.
        url: String,
        /// The service that will call.
        service: String,
    },
    /// How an endpoint fares has changed.
    EndpointState {
        /// The endpoint.
        endpoint: String,
        /// How it fares.
        state: webhook::EndpointState,
        /// Attempts that failed in a row.
        failures: u64,
    },
    /// A payment was taken on.
    PaymentAccepted {
        /// The payment: `pay_…`.
        payment: String,
        /// How much.
        amount: u64,
    },
    /// A service has handed a payment on.
    PaymentMoved {
        /// The payment.
        payment: String,
        /// Who had it.
        from: String,
        /// Who has it.
        to: String,
        /// How long that took.
        took_us: Micros,
    },
    /// A payment is done.
    PaymentSettled {
        /// The payment.
        payment: String,
    },
    /// A delivery waits for its moment.
    DeliveryPlanned {
        /// The delivery: `msg_…`, its `webhook-id`.
        delivery: String,
        /// To where.
        endpoint: String,
        /// Which attempt it will be, counted from 1.
        attempt: u64,
        /// The moment at which it is due.
        due_us: Micros,
        /// How long it waits.
        wait_us: Micros,
        /// Why it is planned.
        why: Planned,
    },
    /// An attempt begins. The note's connection is the one that came about for it.
    DeliverySent {
        /// The delivery.
        delivery: String,
        /// Which attempt it is.
        attempt: u64,
        /// What it tells of.
        payment: String,
    },
    /// An attempt is over.
    DeliveryEnded {
        /// The delivery.
        delivery: String,
        /// Which attempt it was.
        attempt: u64,
        /// How it ended.
        outcome: Outcome,
        /// How long it took.
        took_us: Micros,
    },
    /// A delivery is given up: it is on the dead-letter list, unless run or endpoint are gone.
    DeliveryDead {
        /// The delivery.
        delivery: String,
        /// How often it was tried.
        attempts: u64,
        /// Why.
        why: Dead,
    },
    /// A receiver has looked at a delivery.
    DeliveryVerified {
        /// The delivery as it names itself; empty where it does not.
        delivery: String,
        /// What the receiver makes of it.
        verdict: Verdict,
        /// Who looked.
        service: String,
    },
    /// A long job is so far.
    JobProgress {
        /// The job.
        job: String,
        /// Parts that are done.
        done: u64,
        /// Parts that there are.
        of: u64,
    },
    /// A long job is done.
    JobDone {
        /// The job.
        job: String,
    },
    /// A knob's cap struck: from here on something is not kept.
    Cap {
        /// What is capped, and at what.
        why: String,
    },
}

/// An act of the server that waits at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Send an answer.
    Answer,
    /// Send something that nobody asked for: an event, a message, a ping.
    Push,
    /// Close a connection.
    Close,
    /// Call an endpoint, for the first time or again.
    Deliver,
    /// Hand a payment on.
    Transfer,
}

/// What opened a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// The input `next`.
    Next,
    /// The limit: the server went on by itself.
    Limit,
    /// The run ended.
    RunEnded,
    /// Nobody waits for the act any more: the client left, or asked again before a close.
    Abandoned,
}

/// Where the shared store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// In this process: a call is no traffic.
    Memory,
    /// Redis or Valkey: a call is heard on its connection.
    Redis,
}

/// Why a held poll was let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PollRelease {
    /// The store told the instance of a message.
    Woken,
    /// The instance asked the store again and found a message.
    Pulled,
    /// The time was over.
    Limit,
    /// The run ended.
    RunEnded,
    /// Nobody waits any more: the client left, or the connection was cut off.
    Abandoned,
    /// The instance was killed, and the poll with it.
    Killed,
    /// The store does not answer.
    StoreAway,
}

/// Why messages are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vanished {
    /// The instance that had them in its memory was killed.
    Died,
    /// The instance where the user was could not be reached.
    Unreachable,
    /// The user is at no instance.
    NobodyThere,
    /// The instance keeps only so many for a user.
    NoRoom,
}

/// For whom an instance is killed or started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// For one run.
    Run,
    /// For every run of this server.
    Everybody,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(offset: &u64) -> bool {
    *offset == 0
}
