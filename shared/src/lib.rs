//! What the browser and the server agree on: the connection record, the channels and their
//! fields, the rules, and what a browser may see. No I/O, no clock, no async.
//!
//! # How to add a field
//!
//! 1. Add the key to the table in [`connection`] (every key of the documented record is there
//!    already) and, if clients may write it, a variant to [`Field`].
//! 2. Name it in the channels that have it, in [`channel`]: label, help, where the value comes
//!    from, [`Kind`], required or not. Form, validator and API document read these lists.
//! 3. If its values follow a rule that no [`Kind`] has yet, add a `Kind`: its normal form in
//!    [`normalise`], its check in [`rules`].
//!
//! # How to add a channel
//!
//! Write its module beside the others in `channel`, and name it in a row there: codes, labels, icon, fields, rules between
//! them, how it is tested. A new way of testing is a [`TestKind`](channel::TestKind), and a file of the server's `probe`.

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
pub use field::{Field, FieldSpec, Group, Kind};
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
