//! Who takes part in a run: the page, this program's own clients, the users of the chat, the store.

use trace::note::Engine;
use trace::participant::{Participant, Role};

use crate::labs::webhook::{BANK1, BANK2, PAYMENTS, SITE};

/// An instance of the service, or a server that is the only one.
pub fn instance(id: &str, port: Option<u16>) -> Participant {
    let name = match (id, id.strip_prefix("instance")) {
        (_, Some(number)) => format!("Instance {number}"),
        (PAYMENTS, _) => "Payment service".to_owned(),
        (BANK1, _) => "Bank 1".to_owned(),
        (BANK2, _) => "Bank 2".to_owned(),
        (SITE, _) => SITE.to_owned(),
        _ => "Server".to_owned(),
    };
    let detail = port.map(|port| format!(":{port}")).unwrap_or_default();
    Participant { id: id.to_owned(), name, role: Role::Server, detail }
}

/// The page that runs the lab.
pub fn browser() -> Participant {
    Participant {
        id: "browser".to_owned(),
        name: "Browser".to_owned(),
        role: Role::Browser,
        detail: "this page".to_owned(),
    }
}

/// This program's own client.
pub fn agent() -> Participant {
    Participant {
        id: "agent".to_owned(),
        name: "Agent".to_owned(),
        role: Role::Agent,
        detail: "a client in the server".to_owned(),
    }
}

/// A service that is none of the lab's own, and sends messages.
pub fn another_service() -> Participant {
    Participant {
        id: "service".to_owned(),
        name: "Another service".to_owned(),
        role: Role::Agent,
        detail: "a client in the server".to_owned(),
    }
}

/// The service that takes payments, and calls back.
pub fn payments() -> Participant {
    Participant {
        id: "payments".to_owned(),
        name: "Payment service".to_owned(),
        role: Role::Server,
        detail: String::new(),
    }
}

/// A client inside the server that goes one way of its own.
pub fn client(id: &str, name: &str) -> Participant {
    let detail = "a client in the server".to_owned();
    Participant { id: id.to_owned(), name: name.to_owned(), role: Role::Agent, detail }
}

/// A user of the chat.
pub fn user(name: &str, role: Role) -> Participant {
    let detail = match role {
        Role::Browser => "this page",
        Role::Agent => "a client in the server",
        _ => "your own client",
    };
    Participant {
        id: format!("user-{name}"),
        name: name.to_owned(),
        role,
        detail: detail.to_owned(),
    }
}

/// The shared store.
pub fn store(engine: Engine) -> Participant {
    let detail = match engine {
        Engine::Memory => "in this process",
        Engine::Redis => "Redis",
    };
    Participant {
        id: "store".to_owned(),
        name: "Shared store".to_owned(),
        role: Role::Store,
        detail: detail.to_owned(),
    }
}
