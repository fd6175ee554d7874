//! The admin UI: pages, which are HTML from the server, and islands, the parts of them that come
//! alive as WebAssembly. It is progressive enhancement: every page works without.
//!
//! # How to add a page
//!
//! Add a file to `pages`, a route to [`App`], and what it needs of the server to `backend`.

// A view's type holds the types of all its parts.
#![recursion_limit = "256"]

pub mod answer;
#[cfg(feature = "ssr")]
pub mod backend;
mod components;
mod dom;
pub mod form;
pub mod islands;
mod packed;
#[cfg(feature = "ssr")]
mod pages;
pub mod rpc;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
mod wording;

#[cfg(feature = "ssr")]
pub use components::{FORM_ID, Flash, Scripts, Streamed, SwitchBack, health_html};
#[cfg(feature = "ssr")]
pub use pages::{
    Bulk, ConnectionTest, FindSettings, LoginFailure, LoginProblem, SettingsChoice, TestMessage,
};
#[cfg(feature = "ssr")]
pub use shell::{App, shell};
