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
