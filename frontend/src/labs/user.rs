//! A user of the chat whom this page plays, on a real WebSocket (RFC 6455). When it breaks, they come
//! back at the next instance and say which message is the last that they have.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use leptos::task::spawn_local;
use serde_json::json;
use trace::entry::Says;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::part::Part;

/// How long until a user whose socket broke comes back.
const AGAIN_MS: u64 = 500;

/// A close in order (RFC 6455, section 7.4.1).
const NORMAL: u16 = 1000;

/// The numbers of the messages that arrived at any of some users.
pub type Arrived = Rc<RefCell<BTreeSet<u64>>>;

/// A user of the chat.
pub struct User {
    /// The name in the chat.
    pub name: String,
    /// The run.
    pub part: Part,
    /// The instance, counted on and on.
    at: Cell<usize>,
    /// The last message.
    last: Cell<u64>,
    arrived: Arrived,
    socket: RefCell<Option<Socket>>,
    leaves: Cell<bool>,
}

/// A socket, with what the browser calls when something comes. It is closed when this is dropped.
struct Socket {
    ws: WebSocket,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

impl User {
    /// Joins the chat at an instance.
    pub fn join(part: &Part, name: &str, instance: usize, arrived: &Arrived) -> Rc<Self> {
        let user = Rc::new(Self {
            name: name.to_owned(),
            part: part.clone(),
            at: Cell::new(instance),
            last: Cell::new(0),
            arrived: Rc::clone(arrived),
            socket: RefCell::default(),
            leaves: Cell::new(false),
        });
        user.connect();
        user
    }

    fn connect(self: &Rc<Self>) {
        let Some(base) = self.part.instance(self.at.get()) else { return };
        let (name, last) = (&self.name, self.last.get());
        let Ok(ws) = WebSocket::new(&format!("{}/socket?user={name}&after={last}", over_ws(base)))
        else {
            return;
        };
        let user = Rc::downgrade(self);
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let (Some(user), Some(text)) = (user.upgrade(), event.data().as_string()) {
                user.hear(&text);
            }
        });
        let user = Rc::downgrade(self);
        let closed = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            if let Some(user) = user.upgrade() {
                user.closed(event.code(), event.was_clean());
            }
        });
        ws.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        ws.set_onclose(Some(closed.as_ref().unchecked_ref()));
        *self.socket.borrow_mut() = Some(Socket { ws, _heard: heard, _closed: closed });
    }

    /// Of what comes only the number is kept.
    fn hear(&self, text: &str) {
        if let Some(message) = trace::spoken::delivered(text) {
            self.last.set(self.last.get().max(message.id));
            self.arrived.borrow_mut().insert(message.id);
        }
    }

    /// The socket is closed. No frame may have said so, and then only this page knows the code.
    fn closed(self: &Rc<Self>, code: u16, clean: bool) {
        if self.leaves.get() || self.part.is_over() || (code == NORMAL && clean) {
            return;
        }
        let client = format!("user-{}", self.name);
        self.part.report(&client, Says::SocketClosed { code, clean });
        let user = Rc::clone(self);
        spawn_local(async move {
            if user.part.rest(AGAIN_MS).await && !user.leaves.get() {
                user.at.set(user.at.get() + 1);
                user.connect();
            }
        });
    }

    /// Says something to somebody. Says whether it could be sent.
    pub fn say(&self, to: &str, text: &str) -> bool {
        let message = json!({ "to": to, "text": text }).to_string();
        let send = |socket: &Socket| socket.ws.send_with_str(&message).is_ok();
        self.is_open() && self.socket.borrow().as_ref().is_some_and(send)
    }

    /// Says goodbye: the socket closes in order.
    pub fn leave(&self) {
        self.leaves.set(true);
        if let Some(socket) = &*self.socket.borrow() {
            let _ = socket.ws.close_with_code(NORMAL);
        }
    }

    /// Whether the socket is open.
    pub fn is_open(&self) -> bool {
        let socket = self.socket.borrow();
        socket.as_ref().is_some_and(|socket| socket.ws.ready_state() == WebSocket::OPEN)
    }

    /// Whether nothing more goes over the socket.
    pub fn is_gone(&self) -> bool {
        let socket = self.socket.borrow();
        socket.as_ref().is_none_or(|socket| socket.ws.ready_state() == WebSocket::CLOSED)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.ws.set_onmessage(None);
        self.ws.set_onclose(None);
        let _ = self.ws.close_with_code(NORMAL);
    }
}

/// An instance's address for WebSockets.
fn over_ws(base: &str) -> String {
    base.replacen("http", "ws", 1)
}
