//! Measures the program beside the least that could do the same, in the same run.
//!
//! Every figure is the median of several rounds. In a round each thing is measured once, one after
//! another, so that what else the machine does meets all of them alike.

mod database;
mod floor;
mod load;
mod measure;
mod operation;
mod peer;
mod report;
mod results;
mod server;

use clap::{Parser, ValueEnum};
use operation::Operation;
use results::Size;
use std::{path::PathBuf, time::Duration};

#[derive(Debug, Parser)]
#[command(about)]
enum Bench {
    /// Measure, and write what was found as JSON
    Measure(Measure),
    /// Write what was found into docs/benchmarks.md
    Report {
        /// Where `requests.json` and `pages.json` are
        folder: PathBuf,
        document: PathBuf,
    },
    /// Serve bare routes to compare with; measuring starts it
    Floor {
        /// Its `SQLite` file
        file: PathBuf,
        /// Its PostgreSQL database
        #[arg(long)]
        postgres: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct Measure {
    /// The program
    #[arg(long, env = "PATCHBAY")]
    patchbay: PathBuf,
    /// Where databases are kept for the next time
    #[arg(long)]
    folder: PathBuf,
    /// A PostgreSQL cluster, as its superuser; SQLite alone if there is none
    #[arg(long, env = "TEST_DATABASE_URL", hide_env_values = true)]
    cluster: Option<String>,
    /// What the databases hold
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "small,large,small-among-million"
    )]
    sizes: Vec<Size>,
    /// The folder of the peer, its packages installed; none is measured without
    #[arg(long)]
    peer: Option<PathBuf>,
    /// Clients at a time
    #[arg(long, value_delimiter = ',', default_value = "1,32,128")]
    clients: Vec<usize>,
    /// Requests to measure; all if none is named
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Operation>,
    /// Rounds, of which the median is taken
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each thing is measured in a round, in seconds
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How long memory is watched under load, in seconds, on the large database
    #[arg(long, default_value_t = 600.0)]
    soak: f64,
    /// The file for what was found
    #[arg(long)]
    output: PathBuf,
}

impl Measure {
    fn operations(&self) -> &[Operation] {
        if self.only.is_empty() { Operation::value_variants() } else { &self.only }
    }

    fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Bench::parse() {
        Bench::Measure(plan) => measure::run(&plan).await,
        Bench::Report { folder, document } => report::write(&folder, &document),
        Bench::Floor { file, postgres } => floor::serve(&file, postgres.as_deref()).await,
    }
}
