//! What the browser and the server agree on: the connection record, the channels and their
//! fields, the rules, and what a browser may see. No I/O, no clock, no async.
//!
//! How to add a field, and how to add a channel, is said in `docs/architecture.md`.

pub mod audit;
pub mod board;
pub mod bulk;
pub mod channel;
pub mod connection;
pub mod connection_test;
mod destination;
pub mod field;
mod field_map;
pub mod health;
mod ids;
pub mod mask;
pub mod normalise;
pub mod patch;
mod role;
pub mod rules;
mod save;
mod secret;
pub mod session;
pub mod state;
pub mod validate;
pub mod view;
pub mod violation;
pub mod wire;
mod wording;

pub use channel::Channel;
pub use connection::{Connection, Key};
pub use destination::Destination;
pub use field::{Field, FieldKind, FieldSpec, FormSection};
pub use field_map::FieldMap;
pub use ids::{ConnectionId, EntryId, MAX_NUMBER, NotANumber, SiteId, UserId, Version};
pub use patch::{ConnectionPatch, FieldEdit};
pub use role::{Role, UnknownRole};
pub use save::SaveRefusal;
pub use secret::Secret;
pub use session::Provider;
pub use state::State;
pub use view::ConnectionView;
pub use violation::{Code, Severity, Violation, Violations};
