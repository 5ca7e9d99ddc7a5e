//! How the model grows by what was said: each event becomes a step, or a part of one.

use trace::event::{Event, Kind};
use trace::http1::{Body, Framing, Http1, Request, Response};
use trace::ids::{ConnId, Seq};
use trace::resp::Resp;
use trace::span::Dir;
use trace::spoken::{self, Asks};
use trace::time::Micros;
use trace::websocket::{Frame, Message, Opcode, Websocket};

use crate::model::{Coming, Model, Poll};
use crate::step::{Key, StepKind};
use crate::stream::last_byte;
use crate::words;

impl Model {
    /// Takes in what was said.
    pub(crate) fn heard(&mut self, seq: Seq, at: Micros, event: &Event) {
        let letters = words::label(self, event).1.chars().count();
        let conn = self.conn(event.conn);
        let lanes = (conn.client, conn.server);
        self.reserve(lanes, letters);
        match &event.kind {
            Kind::Http1(said) => self.heard_http1((seq, at), event, said),
            Kind::Websocket(Websocket::Frame(frame)) if !frame.opcode.is_control() => {
                self.data_frame((seq, at), event, frame);
            }
            Kind::Websocket(Websocket::Message(message)) => {
                self.whole_message((seq, at), event, message);
            }
            Kind::Websocket(said) => {
                let pings = matches!(said, Websocket::Frame(Frame { opcode: Opcode::Ping, .. }));
                self.housekeeping += u64::from(pings);
                let stands = self.stands(event, at);
                self.message(seq, stands, event);
            }
            Kind::Sse(_) => {
                // Nothing of a stream stands before its beginning.
                let began = self.conn(event.conn).running.map(|head| head.0);
                let stands = self.stands(event, at).max(began.unwrap_or_default());
                self.message(seq, stands, event);
            }
            Kind::Resp(said) => self.heard_resp((seq, at), event, said),
            Kind::Http2(said) => self.heard_http2((seq, at), event, said),
            Kind::Grpc(said) => self.heard_grpc((seq, at), event, said),
            Kind::Tls(said) => self.heard_tls((seq, at), event, said),
        }
    }

    /// When an event stands: when it left, else when it landed.
    pub(crate) fn stands(&self, event: &Event, at: Micros) -> Micros {
        let known = if event.evidence.is_empty() { None } else { self.times(event).stands() };
        known.unwrap_or(at)
    }

    /// An event that is a step of its own.
    pub(crate) fn message(&mut self, seq: Seq, stands: Micros, event: &Event) -> Key {
        let (key, dir) = ((stands, seq, 0), event.dir());
        self.cover(event, key);
        self.step(key, Some(event.conn), StepKind::Message { dir, events: vec![seq] });
        key
    }

    /// From here on the bytes of an event belong to a step.
    pub(crate) fn cover(&mut self, event: &Event, key: Key) {
        let end = event.evidence.end();
        let messages = &mut self.conn(event.conn).messages[event.dir().index()];
        // What lies in a body may be said when the whole of that has been.
        let place = messages.partition_point(|(known, _)| *known <= end);
        messages.insert(place, (end, key));
    }

    /// Puts an event to a step that is there.
    pub(crate) fn join(&mut self, key: Key, seq: Seq) -> bool {
        let Some(index) = self.index_of(key) else { return false };
        let Some(step) = self.steps.get_mut(index) else { return false };
        let StepKind::Message { events, .. } = &mut step.what else { return false };
        events.push(seq);
        self.edits.push(index);
        true
    }

    fn heard_http1(&mut self, (seq, at): (Seq, Micros), event: &Event, said: &Http1) {
        let mut stands = self.stands(event, at);
        match said {
            Http1::Body(body) if self.ends_stream(event) => {
                return self.stream_over((seq, at), event, body);
            }
            Http1::Body(body) if self.join_call(seq, event, body.exchange) => return,
            Http1::Body(body) if self.join_body(seq, event, body.exchange) => return,
            Http1::Request(request) => {
                self.idle_over(event.conn, stands, seq);
                self.asked((stands, seq, 0), event.conn, request);
            }
            Http1::Response(response) if response.status >= 200 || response.status == 101 => {
                stands = self.answered((stands, seq, 0), at, event, response);
            }
            _ => {}
        }
        self.message(seq, stands, event);
    }

    fn asked(&mut self, key: Key, conn: ConnId, request: &Request) {
        self.housekeeping += u64::from(request.preflight);
        let conn = self.conn(conn);
        if request.preflight {
            conn.preflights.insert(request.exchange);
        } else if spoken::asks(&request.method, &request.target) == Asks::Poll {
            conn.polls.insert(request.exchange, key);
        } else if spoken::asks(&request.method, &request.target) == Asks::Call {
            conn.calls.insert(request.exchange, key);
        }
        conn.asked.insert(request.exchange, key.1);
        conn.gated = Micros(0);
    }

    /// Ties an answer to its request, and says when it stands.
    fn answered(&mut self, key: Key, at: Micros, event: &Event, response: &Response) -> Micros {
        let (mut stands, seq, _) = key;
        let exchange = response.exchange;
        let asked = exchange.and_then(|exchange| self.conn(event.conn).asked.remove(&exchange));
        if let Some(asked) = asked {
            // Whatever the clocks say: an answer does not stand before what it answers.
            let left = self.event(asked).and_then(|asked| self.times(asked).stands());
            stands = stands.max(left.unwrap_or(stands));
            self.hold_over(event.conn, asked, stands, seq);
        }
        if response.status == 101 {
            let conn = self.conn(event.conn);
            (conn.upgraded, conn.answered) = (Some(seq), None);
            return stands;
        }
        self.poll_over(event.conn, exchange, (stands, seq), response.status == 204);
        let landed = self.times(event).landed.unwrap_or(at);
        self.last_answer = self.last_answer.max(Some(landed));
        let streams = words::is_stream(response);
        let conn = self.conn(event.conn);
        // A stream that runs is not idle, whatever comes when.
        conn.answered = (response.persistent && !streams).then_some(seq);
        conn.served.push(seq);
        if streams {
            let head = (stands, seq, 0);
            conn.streams.insert(exchange, head);
            conn.running = Some(head);
        }
        stands
    }

    /// A poll is answered: if with nothing, its request is no more than housekeeping.
    fn poll_over(
        &mut self,
        id: ConnId,
        exchange: Option<u64>,
        (at, answered): (Micros, Seq),
        empty: bool,
    ) {
        let conn = self.conn(id);
        let Some((exchange, asked)) =
            exchange.and_then(|exchange| Some((exchange, *conn.polls.get(&exchange)?)))
        else {
            return;
        };
        if empty {
            conn.empties.insert(exchange);
            self.housekeeping += 1;
            let index = self.index_of(asked);
            self.edits.extend(index);
        }
        self.polls.push(Poll { asked: asked.1, answered, at, empty });
    }

    /// An event stream ends: a step of its own, where its end is.
    fn stream_over(&mut self, (seq, at): (Seq, Micros), event: &Event, body: &Body) {
        let head = self.conn(event.conn).streams.get(&body.exchange).copied().unwrap_or_default();
        let times = self.moments.of(event.conn, event.dir(), &last_byte(event));
        // A last chunk says it; without one, the end of the connection does.
        let said = body.complete && body.framing == Framing::Chunked;
        let stands = times.stands().filter(|_| said).unwrap_or(at).max(head.0);
        let answer = self.event(head.1).map(|head| &head.kind);
        let goes_on =
            matches!(answer, Some(Kind::Http1(Http1::Response(answer))) if answer.persistent);
        if body.complete {
            self.last_answer = self.last_answer.max(Some(times.landed.unwrap_or(at)));
        }
        let conn = self.conn(event.conn);
        conn.running = None;
        conn.answered = (said && goes_on && conn.closed.is_none()).then_some(seq);
        self.message(seq, stands, event);
    }

    /// Puts a body to its head's step, if that is the last one said that way.
    fn join_body(&mut self, seq: Seq, event: &Event, exchange: Option<u64>) -> bool {
        let dir = event.dir();
        let head = self.conn(event.conn).messages[dir.index()].last().copied();
        let Some((_, key)) = head.filter(|(end, _)| *end == event.evidence.start()) else {
            return false;
        };
        let step = self.index_of(key).and_then(|index| self.steps.get(index));
        let Some(StepKind::Message { events, .. }) = step.map(|step| &step.what) else {
            return false;
        };
        let announces = matches!(
            events.first().and_then(|seq| self.event(*seq)).map(|head| &head.kind),
            Some(Kind::Http1(Http1::Request(_) | Http1::Response(_)))
        );
        if !announces || events.len() > 1 || !self.join(key, seq) {
            return false;
        }
        let landed = self.times(event).landed;
        if dir == Dir::ToClient {
            self.last_answer = self.last_answer.max(landed);
        }
        self.cover(event, key);
        // A message is over with its body, and so begins what comes after it.
        let conn = self.conn(event.conn);
        let whole = match dir {
            Dir::ToServer => exchange.and_then(|exchange| conn.asked.get_mut(&exchange)),
            Dir::ToClient => conn.answered.as_mut(),
        };
        if let Some(whole) = whole {
            *whole = seq;
        }
        true
    }

    /// Puts the content of a gRPC-web request to its head: its messages are steps of their own.
    fn join_call(&mut self, seq: Seq, event: &Event, exchange: Option<u64>) -> bool {
        let conn = self.conn(event.conn);
        let head = exchange.and_then(|exchange| conn.calls.get(&exchange).copied());
        event.dir() == Dir::ToServer && head.is_some_and(|head| self.join(head, seq))
    }

    /// A frame that carries a message, or a piece of one: it stands with the pieces before it.
    fn data_frame(&mut self, (seq, at): (Seq, Micros), event: &Event, frame: &Frame) {
        let way = event.dir().index();
        let before = self.conn(event.conn).coming[way];
        let goes_on = |coming: &Coming| !coming.fin && frame.opcode == Opcode::Continuation;
        let joined =
            before.filter(goes_on).map(|coming| coming.key).filter(|key| self.join(*key, seq));
        let key = if let Some(key) = joined {
            self.cover(event, key);
            key
        } else {
            let stands = self.stands(event, at);
            let key = self.message(seq, stands, event);
            // What this one takes the place of will never be whole, and is shown as it is.
            let index = before.filter(|before| !before.fin).map(|before| before.key);
            let index = index.and_then(|key| self.index_of(key));
            self.edits.extend(index);
            key
        };
        self.conn(event.conn).coming[way] = Some(Coming { key, fin: frame.fin });
    }

    /// A message stands with the frames that carry it.
    fn whole_message(&mut self, (seq, at): (Seq, Micros), event: &Event, message: &Message) {
        // A long text is not kept beside its bytes, and is a message of the chat all the same.
        let chat = message.opcode == Opcode::Text;
        let conn = self.conn(event.conn);
        if chat && event.dir() == Dir::ToServer {
            conn.sent.push(seq);
        }
        let coming = conn.coming[event.dir().index()].take();
        let joined = coming.is_some_and(|coming| self.join(coming.key, seq));
        if !joined {
            let stands = self.stands(event, at);
            self.message(seq, stands, event);
        }
    }

    fn heard_resp(&mut self, (seq, at): (Seq, Micros), event: &Event, said: &Resp) {
        let mut stands = self.stands(event, at);
        match said {
            Resp::Command(command) => {
                let key = (stands, seq, 0);
                self.conn(event.conn).commands.insert(command.exchange, key);
            }
            Resp::Reply(reply) => {
                let exchange = reply.exchange.unwrap_or(u64::MAX);
                if let Some(asked) = self.conn(event.conn).commands.remove(&exchange) {
                    stands = stands.max(asked.0);
                    let question = self.event(asked.1).map(|asked| &asked.kind);
                    let reads =
                        matches!(question, Some(Kind::Resp(Resp::Command(it))) if words::reads(it));
                    if reads && words::is_nothing(reply) {
                        self.conn(event.conn).empties.insert(exchange);
                        self.housekeeping += 1;
                        let index = self.index_of(asked);
                        self.edits.extend(index);
                    }
                }
            }
            Resp::Push(_) | Resp::Malformed | Resp::Partial | Resp::Rest => {}
        }
        self.message(seq, stands, event);
    }
}
