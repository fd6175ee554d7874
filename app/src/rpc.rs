//! What the form asks of the server: server functions there, a small client of the same names in the browser.
//! Bodies are JSON alone.

#[cfg(not(feature = "ssr"))]
mod client;
#[cfg(feature = "ssr")]
mod server;

#[cfg(not(feature = "ssr"))]
pub use client::{create_connection, patch_connection, read_connection};
#[cfg(feature = "ssr")]
pub use server::{create_connection, patch_connection, read_connection};

use serde::{Deserialize, Serialize};
use shared::{ConnectionView, Violations};

/// A connection as the server has it now: all that its page shows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// Its values.
    pub view: ConnectionView,
    /// How it fares, as HTML: [`health_html`](crate::health_html).
    pub health: String,
}

/// Why a form was not saved. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaveError {
    /// The session has ended.
    SignedOut,
    /// The caller's role may not do it.
    Forbidden,
    /// There is no such connection on the caller's site.
    NotFound,
    /// The form was rendered for another site than the session is on now.
    OtherSite,
    /// Rules are broken.
    Invalid(Violations),
    /// Somebody else saved in between; this is how it stands now.
    Stale(Box<Current>),
    /// The server was not reached.
    Unreachable,
    /// The server failed.
    Failed,
}
