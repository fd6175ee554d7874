//! Connections on their way out of a database and into another: [`mod@line`] is what a file of them is
//! made of, [`host`] asks a running host of the documented API for them.

pub mod host;
pub mod line;
