//! The islands: the parts of pages that react. Only they, and what they call, are in the
//! WebAssembly.

mod connection_form;

pub use connection_form::{ConnectionForm, FormProps};
