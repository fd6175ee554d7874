//! What runs found, as it is kept.

use clap::ValueEnum;
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
    /// What is in it; none for the floor.
    pub size: Option<Size>,
    /// The operation's, the bare route's or the peer's.
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

/// What a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// A site of 1,000 connections, alone.
    Small,
    /// A site of 100,000, alone.
    Large,
    /// A site of 1,000 among 1,000 of them.
    SmallAmongMillion,
}

impl Size {
    /// The connections of the site that is measured.
    pub const fn rows(self) -> u32 {
        match self {
            Self::Small | Self::SmallAmongMillion => 1000,
            Self::Large => 100_000,
        }
    }

    /// The sites beside it, each of as many.
    pub const fn other_sites(self) -> u32 {
        match self {
            Self::Small | Self::Large => 0,
            Self::SmallAmongMillion => 999,
        }
    }

    /// The name of its files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
            Self::SmallAmongMillion => "small_among_million",
        }
    }
}

/// What a server costs before it answers the first request, and while it answers.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cost {
    /// The kind of its database.
    pub database: Kind,
    /// What is in it.
    pub size: Size,
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
    pub fn cost(&self, database: Kind, size: Size) -> Option<&Cost> {
        self.servers.iter().find(|cost| (cost.database, cost.size) == (database, size))
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
