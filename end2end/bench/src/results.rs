//! What runs found, as it is kept.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Requests.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Requests {
    /// The machine's, which load and server share.
    pub processors: usize,
    /// Of which each figure is the median.
    pub rounds: usize,
    /// How long each thing was measured in a round.
    pub seconds: f64,
    /// What was measured of requests.
    pub figures: Vec<Figure>,
    /// What was measured of servers.
    pub servers: Vec<Cost>,
}

/// The medians of one thing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figure {
    /// Of which thing.
    #[serde(flatten)]
    pub what: What,
    /// Answers a second.
    pub per_second: f64,
    /// Half of the answers came within it.
    pub p50_ms: f64,
    /// All but a hundredth of the answers came within it.
    pub p99_ms: f64,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct What {
    /// The kind of database.
    pub database: Kind,
    /// Connections in it; none for the floor.
    pub rows: Option<u32>,
    /// The operation's or the bare route's.
    pub name: String,
    /// Clients at a time.
    pub clients: usize,
}

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A cluster.
    Postgres,
}

/// What a server costs before it answers the first request, and while it answers.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cost {
    /// The kind of its database.
    pub database: Kind,
    /// Connections in it.
    pub rows: u32,
    /// From its start to its first answer; the system may have its files in memory.
    pub cold_start_ms: f64,
    /// Resident memory after its start.
    pub idle_mb: f64,
    /// The most resident memory after a measurement.
    pub loaded_mb: f64,
    /// Resident memory after each tenth of a long load of all kinds of requests, if there was one.
    pub soak_mb: Vec<f64>,
}

impl Requests {
    /// The medians of a thing.
    pub fn figure(&self, what: &What) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.what == *what)
    }

    /// The cost of a server.
    pub fn cost(&self, database: Kind, rows: u32) -> Option<&Cost> {
        self.servers.iter().find(|cost| (cost.database, cost.rows) == (database, rows))
    }
}

/// Pages in a browser.
#[derive(Debug, Deserialize)]
pub struct Pages {
    /// The medians of each visit.
    pub pages: BTreeMap<String, BTreeMap<String, f64>>,
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
