//! The messages that a call hears: of a subscription, and of a conversation.

use std::collections::VecDeque;

use futures_util::stream::{self, BoxStream, Stream, StreamExt as _, TryStreamExt as _};
use rpc::v1::{Message, SendRequest, SubscribeRequest};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;
use trace::note::Act;

use super::talk::{Fail, Talk, as_wanted, no_store};
use crate::store::{READ_MOST, Row};

/// The messages of an answer.
pub type Told = BoxStream<'static, Result<Message, Status>>;

/// What a call hears, message after message.
#[derive(Debug)]
pub struct Telling {
    talk: Talk,
    /// Who hears; an empty name hears all. None until it is known.
    user: Option<String>,
    /// The last message that was looked at.
    after: u64,
    /// How many more are wanted; none for without end.
    left: Option<u32>,
    /// Whether one was told.
    begun: bool,
    /// Messages that were read and not looked at.
    rows: VecDeque<Row>,
    /// What is known of who hears, where they speak too.
    speaks: Option<Speaks>,
}

impl Telling {
    /// What somebody asks to hear.
    pub fn asked_by(talk: Talk, asked: SubscribeRequest) -> Self {
        let SubscribeRequest { user, after, max } = asked;
        let left = (max > 0).then_some(max);
        Self { after, left, user: Some(user), ..Self::nothing(talk) }
    }

    /// What is for who speaks, from the first message on that there is.
    pub fn to_speaker(talk: Talk, speaks: Speaks) -> Self {
        Self { speaks: Some(speaks), ..Self::nothing(talk) }
    }

    fn nothing(talk: Talk) -> Self {
        let rows = VecDeque::new();
        Self { talk, user: None, after: 0, left: None, begun: false, rows, speaks: None }
    }

    /// As the stream of an answer.
    pub fn stream(self) -> Told {
        let next = |mut telling: Self| async move {
            let next = telling.next().await?;
            Ok::<_, Status>(next.map(|message| (message, telling)))
        };
        stream::try_unfold(self, next).boxed()
    }

    /// The next message; none where there are no more.
    async fn next(&mut self) -> Result<Option<Message>, Status> {
        if self.begun && self.talk.fail() == Fail::Status {
            return Err(as_wanted());
        }
        if self.left == Some(0) {
            return Ok(None);
        }
        loop {
            while let Some(row) = self.rows.pop_front() {
                self.after = row.id;
                if self.is_for(&row) {
                    return Ok(Some(self.tell(row).await));
                }
            }
            // Looked at before the store is: what was said before that is in it.
            let says_no_more = self.listen()?;
            if self.user.is_none() {
                if says_no_more {
                    return Ok(None);
                }
                self.news(None).await;
                continue;
            }
            let worker = &self.talk.worker;
            // Asked to be told before it looks: what comes in between is not missed.
            let told = Box::pin(worker.told()).await.map_err(|error| no_store(&error))?;
            let rows = Box::pin(worker.read(self.after, READ_MOST)).await;
            self.rows = rows.map_err(|error| no_store(&error))?.into();
            if !self.rows.is_empty() {
                continue;
            }
            if says_no_more {
                return Ok(None);
            }
            self.news(Some(told)).await;
        }
    }

    /// A message without an addressee is for everybody.
    fn is_for(&self, row: &Row) -> bool {
        let user = self.user.as_deref().unwrap_or_default();
        user.is_empty() || row.message.to.as_deref().is_none_or(|to| to == user)
    }

    /// Passes the gate with a message.
    async fn tell(&mut self, row: Row) -> Message {
        self.talk.pass(Act::Push).await;
        self.begun = true;
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
        }
        let (from, to) = (row.message.from.unwrap_or_default(), row.message.to.unwrap_or_default());
        Message { id: row.id, from, to, text: row.message.text }
    }

    /// Takes in what is known of who speaks. Says whether they say no more.
    fn listen(&mut self) -> Result<bool, Status> {
        let Some(speaks) = &mut self.speaks else { return Ok(false) };
        // Looked at first: what is said last is said before the speaker is gone.
        let gone = speaks.said.has_changed().is_err();
        let said = speaks.said.borrow_and_update().clone();
        self.user = self.user.take().or(said.user);
        match said.over {
            Some(over) => over.map(|()| true),
            None => Ok(gone),
        }
    }

    /// Waits until the store or the speaker may have something new.
    async fn news(&mut self, told: Option<watch::Receiver<u64>>) {
        let worker = self.talk.worker.clone();
        let store = async move {
            match told {
                Some(mut told) => worker.woken(&mut told).await,
                None => std::future::pending().await,
            }
        };
        match &mut self.speaks {
            Some(speaks) => tokio::select! {
                () = store => {}
                _ = speaks.said.changed() => {}
            },
            None => store.await,
        }
    }
}

/// Somebody who speaks in a conversation. What they say is taken by a task of its own, so that neither
/// side waits for the other.
#[derive(Debug)]
pub struct Speaks {
    said: watch::Receiver<Said>,
    _task: AbortOnDropHandle<()>,
}

/// What is known of a speaker.
#[derive(Debug, Clone, Default)]
struct Said {
    /// The name in their first message.
    user: Option<String>,
    /// They say no more, in order or not.
    over: Option<Result<(), Status>>,
}

impl Speaks {
    /// Begins to take what somebody says.
    pub fn begin(
        talk: Talk,
        sent: impl Stream<Item = Result<SendRequest, Status>> + Send + Unpin + 'static,
    ) -> Self {
        let (says, said) = watch::channel(Said::default());
        let task = tokio::spawn(async move {
            let over = take(&talk, sent, &says).await;
            says.send_modify(|said| said.over = Some(over));
        });
        Self { said, _task: AbortOnDropHandle::new(task) }
    }
}

async fn take(
    talk: &Talk,
    mut sent: impl Stream<Item = Result<SendRequest, Status>> + Unpin,
    says: &watch::Sender<Said>,
) -> Result<(), Status> {
    while let Some(next) = sent.try_next().await? {
        let user = next.from.clone();
        talk.append(next).await?;
        says.send_if_modified(|said| {
            let first = said.user.is_none();
            said.user.get_or_insert(user);
            first
        });
    }
    Ok(())
}
