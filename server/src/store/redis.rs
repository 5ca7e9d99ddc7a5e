//! The store in Redis or Valkey: a stream for each run, and a channel that tells of what is new.
//! Each instance of a run has a connection of its own, which is heard like any other.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt as _;
use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;
use redis::{
    AsyncConnectionConfig, ConnectionAddr, IntoConnectionInfo as _, ProtocolVersion, PushInfo,
    PushKind, RedisConnectionInfo, RedisError,
};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use trace::note::{self, Engine};

use super::{Called, New, Row, Store, StoreError};
use crate::run::{Dialled, Run};
use crate::tap::{Ear, Tap};

/// How long a connection or a reply may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many of the newest messages are looked through for a key.
const LOOKED_AT: usize = 200;

/// How long a run's messages stay where nobody took them away, in seconds.
const KEPT_S: u64 = 86_400;

/// Where the store is.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: u16,
    user: Option<String>,
    password: Option<String>,
    db: i64,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "redis://{}:{}/{}", self.host, self.port, self.db)
    }
}

impl Target {
    /// Reads `redis://[[user]:password@]host[:port][/db]`.
    ///
    /// # Errors
    /// What is wrong with it; the password is not repeated.
    pub fn parse(url: &str) -> Result<Self, String> {
        let wanted = "redis://HOST:PORT is wanted, such as redis://localhost:6379";
        let info = url.into_connection_info().map_err(|_| wanted.to_owned())?;
        let ConnectionAddr::Tcp(host, port) = info.addr() else { return Err(wanted.to_owned()) };
        let settings = info.redis_settings();
        Ok(Self {
            host: host.clone(),
            port: *port,
            user: settings.username().map(str::to_owned),
            password: settings.password().map(str::to_owned),
            db: settings.db(),
        })
    }

    fn settings(&self) -> RedisConnectionInfo {
        let mut settings = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_skip_set_lib_name()
            .set_db(self.db);
        if let Some(user) = &self.user {
            settings = settings.set_username(user);
        }
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        settings
    }
}

/// The store as one instance of a run calls it.
pub struct Redis {
    target: Target,
    run: Weak<Run>,
    /// The instance that calls.
    instance: String,
    key: String,
    most: u64,
    killed: CancellationToken,
    live: tokio::sync::Mutex<Option<Live>>,
    told: watch::Sender<u64>,
    /// Connections so far.
    dialled: AtomicU64,
    /// The highest number that is known.
    last: AtomicU64,
}

/// A connection that is up.
struct Live {
    /// Which of this instance's it is.
    number: u64,
    conn: MultiplexedConnection,
    subscribed: bool,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.target, self.key)
    }
}

impl Redis {
    /// The store for an instance of a run; it is connected to when it is first called.
    pub fn new(target: Target, run: &Arc<Run>, instance: &str, killed: CancellationToken) -> Self {
        Self {
            target,
            key: format!("lifeline:{}", run.id),
            most: run.caps.store_rows,
            run: Arc::downgrade(run),
            instance: instance.to_owned(),
            killed,
            live: tokio::sync::Mutex::default(),
            told: watch::Sender::new(0),
            dialled: AtomicU64::new(0),
            last: AtomicU64::new(0),
        }
    }

    async fn conn(&self, wants: Wants) -> Result<(u64, MultiplexedConnection), StoreError> {
        let mut live = self.live.lock().await;
        let mut known = match live.take() {
            Some(known) => known,
            None => {
                let number = self.dialled.fetch_add(1, Ordering::Relaxed) + 1;
                Live { number, conn: self.connect().await?, subscribed: false }
            }
        };
        if wants == Wants::ToBeTold && !known.subscribed {
            known.conn.subscribe(&self.key).await.map_err(|e| away(&e))?;
            known.subscribed = true;
        }
        let conn = (known.number, known.conn.clone());
        *live = Some(known);
        Ok(conn)
    }

    /// Connects. A password goes over before anything is heard.
    async fn connect(&self) -> Result<MultiplexedConnection, StoreError> {
        let lost = |why: &dyn fmt::Display| StoreError::Away(why.to_string());
        let run = self.run.upgrade().ok_or_else(|| lost(&"the run is over"))?;
        let dial = TcpStream::connect((self.target.host.as_str(), self.target.port));
        let dialled = tokio::time::timeout(PATIENCE, dial).await;
        let stream = dialled.map_err(|e| lost(&e))?.map_err(|e| lost(&e))?;
        let _ = stream.set_nodelay(true);
        let addresses = (stream.local_addr(), stream.peer_addr());
        let (Ok(from), Ok(to)) = addresses else { return Err(lost(&"no address")) };
        let (ear, heard, missed) = Ear::new(run.caps.queue_chunks);
        let mut tap = Tap::dialled(stream, ear, self.killed.clone());
        let secret = Arc::new(AtomicBool::new(self.target.password.is_some()));
        tap.deaf_while(Arc::clone(&secret));
        if self.target.password.is_some() {
            let why = "a password goes to the store: what is said until it is taken is not heard";
            run.note(None, note::What::Cap { why: why.to_owned() });
        }
        run.dialled(Dialled { instance: &self.instance, from, to }, heard, missed);
        let told = self.told.clone();
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(move |push: PushInfo| -> Result<(), redis::aio::SendError> {
                // Whoever waits to be told asks again, and so learns that the store is away.
                if matches!(push.kind, PushKind::Message | PushKind::Disconnection) {
                    told.send_modify(|times| *times += 1);
                }
                Ok(())
            });
        let settings = self.target.settings();
        let connect = MultiplexedConnection::new_with_config(&settings, tap, config);
        let made = tokio::time::timeout(PATIENCE, connect).await.map_err(|e| lost(&e))?;
        let (conn, driver) = made.map_err(|e| away(&e))?;
        secret.store(false, Ordering::Relaxed);
        let (killed, over) = (self.killed.clone(), run.over());
        tokio::spawn(async move {
            tokio::select! {
                () = driver => {}
                () = killed.cancelled() => {}
                () = over => {}
            }
        });
        Ok(conn)
    }

    /// Forgets a connection that broke, so that the next call dials anew.
    async fn checked<T>(
        &self,
        number: u64,
        called: Result<T, RedisError>,
    ) -> Result<T, StoreError> {
        match called {
            Ok(value) => Ok(value),
            Err(error) => {
                if error.is_unrecoverable_error() || error.is_timeout() {
                    // A late error of an older connection says nothing of this one.
                    self.live.lock().await.take_if(|live| live.number == number);
                    // Its subscription went with it: whoever waits asks again.
                    self.told.send_modify(|times| *times += 1);
                }
                Err(away(&error))
            }
        }
    }

    async fn add(&self, new: New) -> Result<u64, StoreError> {
        let last = self.last.load(Ordering::Relaxed);
        if last >= self.most {
            return Err(StoreError::Full(self.most));
        }
        let (number, mut conn) = self.conn(Wants::ToCall).await?;
        let mut add = redis::cmd("XADD");
        // The store gives the number: 0-1, 0-2 … without a gap, whichever instance adds.
        add.arg(&self.key).arg("0-*").arg("text").arg(&new.text);
        for (name, value) in [("from", &new.from), ("to", &new.to), ("key", &new.key)] {
            if let Some(value) = value {
                add.arg(name).arg(value);
            }
        }
        let mut calls = redis::pipe();
        calls.add_command(add).cmd("PUBLISH").arg(&self.key).arg("new").ignore();
        if last == 0 {
            calls.cmd("EXPIRE").arg(&self.key).arg(KEPT_S).ignore();
        }
        let called = calls.query_async::<(String,)>(&mut conn).await;
        let (said,) = self.checked(number, called).await?;
        let id = number_of(&said).unwrap_or_default();
        self.last.fetch_max(id, Ordering::Relaxed);
        Ok(id)
    }

    async fn rows(&self, after: u64, most: usize) -> Result<Vec<Row>, StoreError> {
        // Nothing is after the last number, and a range may not begin there.
        if after == u64::MAX {
            return Ok(Vec::new());
        }
        let mut range = redis::cmd("XRANGE");
        range.arg(&self.key).arg(format!("(0-{after}")).arg("+").arg("COUNT").arg(most);
        let rows = self.range(range).await?;
        self.last.fetch_max(rows.last().map_or(0, |row| row.id), Ordering::Relaxed);
        Ok(rows)
    }

    async fn range(&self, range: redis::Cmd) -> Result<Vec<Row>, StoreError> {
        let (number, mut conn) = self.conn(Wants::ToCall).await?;
        let called = range.query_async::<StreamRangeReply>(&mut conn).await;
        let reply = self.checked(number, called).await?;
        let row = |entry: redis::streams::StreamId| {
            let id = number_of(&entry.id)?;
            let (from, to) = (entry.get("from"), entry.get("to"));
            let message = New { from, to, text: entry.get("text")?, key: entry.get("key") };
            Some(Row { id, message })
        };
        Ok(reply.ids.into_iter().filter_map(row).collect())
    }

    async fn seen(&self, key: String) -> Result<Option<u64>, StoreError> {
        let mut range = redis::cmd("XREVRANGE");
        range.arg(&self.key).arg("+").arg("-").arg("COUNT").arg(LOOKED_AT);
        let rows = self.range(range).await?;
        Ok(rows.into_iter().find(|row| row.message.key.as_ref() == Some(&key)).map(|row| row.id))
    }

    async fn subscribe(&self) -> Result<watch::Receiver<u64>, StoreError> {
        let told = self.told.subscribe();
        self.conn(Wants::ToBeTold).await?;
        Ok(told)
    }

    /// Takes the run's messages away.
    pub async fn forget(&self) {
        // Only where there is a connection: a run that never called left nothing.
        let conn = self.live.lock().await.as_ref().map(|live| live.conn.clone());
        if let Some(mut conn) = conn {
            let mut del = redis::cmd("DEL");
            let _ = del.arg(&self.key).query_async::<()>(&mut conn).await;
        }
    }
}

#[cfg(test)]
impl Redis {
    /// Any command, for tests.
    pub async fn command(&self, words: &[&str]) -> Result<(), StoreError> {
        let (number, mut conn) = self.conn(Wants::ToCall).await?;
        let mut command = redis::cmd(words.first().copied().unwrap_or_default());
        command.arg(words.get(1..).unwrap_or_default());
        let called = command.query_async::<()>(&mut conn).await;
        self.checked(number, called).await
    }
}

/// What a connection is wanted for.
#[derive(PartialEq, Eq)]
enum Wants {
    ToCall,
    ToBeTold,
}

/// The number in an entry's id.
fn number_of(id: &str) -> Option<u64> {
    id.strip_prefix("0-")?.parse().ok()
}

fn away(error: &RedisError) -> StoreError {
    StoreError::Away(error.to_string())
}

impl Store for Redis {
    fn engine(&self) -> Engine {
        Engine::Redis
    }

    fn append(&self, new: New) -> Called<'_, u64> {
        self.add(new).boxed()
    }

    fn find(&self, key: String) -> Called<'_, Option<u64>> {
        self.seen(key).boxed()
    }

    fn read(&self, after: u64, most: usize) -> Called<'_, Vec<Row>> {
        self.rows(after, most).boxed()
    }

    fn told(&self) -> Called<'_, watch::Receiver<u64>> {
        self.subscribe().boxed()
    }
}
