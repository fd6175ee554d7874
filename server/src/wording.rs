//! The sentences of the server that people read, a subject a file: code elsewhere names what happened, with its values.
//! What the browser says as well stands in `app::wording`, and what breaks a rule in `shared::wording`.

pub mod connection_test;
pub mod notice;
pub mod violation;
