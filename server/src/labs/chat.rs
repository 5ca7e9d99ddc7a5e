//! The chat: users at instances, over WebSockets. In the stateless chat the instances pull from the
//! shared store, so that it does not matter who is where; in the stateful one each keeps what its
//! own users are sent, and forwards the rest to the others.

pub mod forward;
pub mod pull;
pub mod socket;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use trace::ids::ConnId;
use trace::note::{Vanished, What};
use trace::span::Dir;

use crate::instance::{Worker, shortened};
use crate::run::Run;
use crate::tap::Missed;
use forward::Forward;

/// A message of the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: u64,
    /// Who sent it.
    pub from: String,
    /// To whom it is.
    pub to: String,
    /// What it says.
    pub text: String,
}

/// The users who are at an instance, and what it keeps for them.
#[derive(Debug, Default)]
pub struct Hall(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    guests: Vec<Arc<Guest>>,
    /// The stateful chat: by user what they are sent, in the instance's own memory.
    kept: BTreeMap<String, Vec<Kept>>,
    /// The stateful chat: the ways to other instances, and what is on them.
    ways: BTreeMap<String, mpsc::Sender<Forward>>,
    under_way: BTreeMap<u64, String>,
    /// Whether a task pulls from the store.
    pulling: bool,
    /// Whether a task wakes everybody at the end.
    watched: bool,
}

#[derive(Debug)]
struct Kept {
    message: Arc<Message>,
    /// Whether it was written to a socket of the user's.
    written: bool,
}

/// A user's socket.
#[derive(Debug)]
pub struct Guest {
    /// The user.
    pub user: String,
    conn: ConnId,
    inbox: Mutex<VecDeque<Arc<Message>>>,
    /// Something is in the inbox, or everything ends.
    pub wake: Notify,
    /// There was no room in the inbox.
    pub overrun: AtomicBool,
    /// The stateless chat: up to which number the store was read for it.
    cursor: AtomicU64,
    moved: Arc<Missed>,
    /// What was written and has not left the socket: the message, and where it ends.
    under_way: Mutex<VecDeque<(u64, u64)>>,
}

impl Guest {
    /// A user's socket, of whose messages those after a number are wanted.
    pub fn new(user: &str, conn: ConnId, after: u64, moved: Arc<Missed>) -> Arc<Self> {
        Arc::new(Self {
            user: user.to_owned(),
            conn,
            inbox: Mutex::default(),
            wake: Notify::new(),
            overrun: AtomicBool::new(false),
            cursor: AtomicU64::new(after),
            moved,
            under_way: Mutex::default(),
        })
    }

    /// The next message for it.
    pub fn next(&self) -> Option<Arc<Message>> {
        self.inbox.lock().pop_front()
    }

    /// A message was written, up to an offset of what the service writes.
    pub fn wrote(&self, id: u64, upto: u64) {
        let moved = self.moved.moved(Dir::ToClient);
        let mut under_way = self.under_way.lock();
        under_way.push_back((id, upto));
        while under_way.front().is_some_and(|(_, upto)| *upto <= moved) {
            under_way.pop_front();
        }
    }

    fn put(&self, message: &Arc<Message>, room: u64) {
        let mut inbox = self.inbox.lock();
        if inbox.len() as u64 >= room {
            self.overrun.store(true, Ordering::Relaxed);
        } else {
            inbox.push_back(Arc::clone(message));
        }
        self.wake.notify_one();
    }

    /// Messages that were written and have not left.
    fn lost(&self) -> Vec<u64> {
        let moved = self.moved.moved(Dir::ToClient);
        let under_way = self.under_way.lock();
        under_way.iter().filter(|(_, upto)| *upto > moved).map(|(id, _)| *id).collect()
    }
}

impl Hall {
    /// A user's socket is here. What the instance kept for them, after what they have, is theirs
    /// now. Says whether the instance still lives to take them.
    pub fn join(&self, worker: &Worker, guest: &Arc<Guest>, killed: &CancellationToken) -> bool {
        let (user, instance) = (guest.user.clone(), worker.name());
        let mut inner = self.0.lock();
        // Under the lock that its death takes too: nobody joins the dead.
        if killed.is_cancelled() {
            return false;
        }
        worker.run.shared.homes.lock().insert(user.clone(), instance.clone());
        worker.run.note(Some(guest.conn), What::UserJoined { user, instance });
        let after = guest.cursor.load(Ordering::Relaxed);
        let theirs = inner.kept.get(&guest.user).into_iter().flatten();
        for kept in theirs.filter(|kept| kept.message.id > after) {
            guest.put(&kept.message, worker.run.caps.inbox);
        }
        inner.guests.push(Arc::clone(guest));
        true
    }

    /// Has everybody here woken once the run is over or the server stops: one who waits for all of
    /// them, since a socket that waits for itself is an idle socket's largest part.
    pub fn watch(&self, worker: &Worker, stop: &CancellationToken) {
        if std::mem::replace(&mut self.0.lock().watched, true) {
            return;
        }
        let (worker, stop, killed) = (worker.clone(), stop.clone(), worker.instance.killed());
        tokio::spawn(async move {
            tokio::select! {
                () = worker.run.until_over() => {}
                () = stop.cancelled() => {}
                // Its death has woken them.
                () = killed.cancelled() => return,
            }
            let mut inner = worker.instance.hall.0.lock();
            // Who comes after this has another.
            inner.watched = false;
            inner.guests.iter().for_each(|guest| guest.wake.notify_one());
        });
    }

    /// A user's socket is gone.
    pub fn leave(&self, worker: &Worker, guest: &Guest) {
        self.0.lock().guests.retain(|other| other.conn != guest.conn);
        let (user, instance) = (guest.user.clone(), worker.name());
        worker.run.note(Some(guest.conn), What::UserLeft { user, instance });
    }

    /// The stateful chat: keeps a message for a user who is here, and hands it over.
    pub fn keep(&self, worker: &Worker, message: Message) {
        let Message { id, from, to, text } = message.clone();
        let (instance, text) = (worker.name(), shortened(&text));
        let mut inner = self.0.lock();
        // Who handed it over may not have heard the answer, and come again.
        if inner.kept.get(&to).into_iter().flatten().any(|kept| kept.message.id == id) {
            return;
        }
        worker.run.note(None, What::MessageKept { instance, id, from, to, text });
        let message = Arc::new(message);
        let room = worker.run.caps.inbox;
        for guest in inner.guests.iter().filter(|guest| guest.user == message.to) {
            guest.put(&message, room);
        }
        let kept = inner.kept.entry(message.to.clone()).or_default();
        if kept.len() as u64 >= room {
            let place = kept.iter().position(|kept| kept.written).unwrap_or(0);
            let gone = kept.remove(place);
            if !gone.written {
                let (instance, user) = (worker.name(), gone.message.to.clone());
                let (ids, why) = (vec![gone.message.id], Vanished::NoRoom);
                worker.run.note(None, What::MessagesLost { instance, user, ids, why });
            }
        }
        kept.push(Kept { message, written: false });
    }

    /// The stateful chat: whether a user's home is this instance.
    pub fn is_home(&self, worker: &Worker, user: &str) -> bool {
        worker.run.shared.homes.lock().get(user).is_some_and(|home| *home == worker.instance.name)
    }

    /// A message was written to a user's socket.
    pub fn wrote(&self, user: &str, id: u64) {
        let mut inner = self.0.lock();
        let kept = inner.kept.get_mut(user).into_iter().flatten();
        for kept in kept.filter(|kept| kept.message.id == id) {
            kept.written = true;
        }
    }

    /// The instance dies: everybody leaves, and what it kept is gone.
    pub fn dies(&self, run: &Run, instance: &str, killed: &CancellationToken) {
        let mut inner = self.0.lock();
        // Under the lock: nobody leaves or joins in between.
        killed.cancel();
        let Inner { guests, kept, under_way, .. } = std::mem::take(&mut *inner);
        drop(inner);
        guests.iter().for_each(|guest| guest.wake.notify_one());
        for (id, user) in under_way {
            let (instance, why) = (instance.to_owned(), Vanished::Died);
            run.note(None, What::MessagesLost { instance, user, ids: vec![id], why });
        }
        run.shared.homes.lock().retain(|_, home| home != instance);
        for (user, kept) in kept {
            let own = guests.iter().filter(|guest| guest.user == user);
            let under_way: Vec<u64> = own.flat_map(|guest| guest.lost()).collect();
            let gone = |kept: &&Kept| !kept.written || under_way.contains(&kept.message.id);
            let ids: Vec<u64> = kept.iter().filter(gone).map(|kept| kept.message.id).collect();
            if !ids.is_empty() {
                let (instance, why) = (instance.to_owned(), Vanished::Died);
                run.note(None, What::MessagesLost { instance, user, ids, why });
            }
        }
    }
}

/// Takes a message from a user at an instance. Says what is wrong where it cannot be taken.
pub async fn take(
    worker: &Worker,
    conn: ConnId,
    from: &str,
    sent: trace::spoken::Sent,
) -> Result<(), String> {
    let trace::spoken::Sent { to, text } = sent;
    if worker.run.word("mode") != "stateful" {
        let new = crate::store::New { from: Some(from.to_owned()), to: Some(to), text, key: None };
        let appended = worker.append(Some(conn), new).await;
        return appended.map(|_| ()).map_err(|error| error.to_string());
    }
    let id = worker.run.shared.number();
    let (instance, known) = (worker.name(), to.clone());
    worker.run.note(Some(conn), What::MessageTaken { instance, id, to: known });
    forward::route(worker, Message { id, from: from.to_owned(), to, text }).await;
    Ok(())
}
