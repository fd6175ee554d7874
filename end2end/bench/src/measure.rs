//! The plan of a run.

use crate::{
    Measure,
    database::{Database, postgres},
    floor,
    load::{self, Sample},
    operation::Bare,
    server::Server,
};
use anyhow::Context;
use serde::Serialize;
use std::{collections::BTreeMap, fs, path::Path};

/// What a run found.
#[derive(Debug, Default, Serialize)]
struct Results {
    processors: usize,
    rounds: usize,
    seconds: f64,
    figures: Vec<Figure>,
    servers: Vec<Cost>,
}

/// The medians of one thing.
#[derive(Debug, Serialize)]
struct Figure {
    #[serde(flatten)]
    what: What,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct What {
    database: Kind,
    /// None for the floor.
    rows: Option<u32>,
    name: &'static str,
    clients: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Sqlite,
    Postgres,
}

/// What a server costs before it answers the first request, and while it answers.
#[derive(Debug, Serialize)]
struct Cost {
    database: Kind,
    rows: u32,
    /// From its start to its first answer; nothing was in its memory, the system's cache aside.
    cold_start_ms: f64,
    idle_mb: f64,
    loaded_mb: f64,
}

/// Every round's samples of each thing.
type Samples = BTreeMap<What, Vec<Sample>>;

/// Measures all, and writes what was found.
pub async fn run(plan: &Measure) -> anyhow::Result<()> {
    fs::create_dir_all(plan.folder.join("keys"))?;
    let mut results = Results {
        processors: std::thread::available_parallelism()?.get(),
        rounds: plan.rounds,
        seconds: plan.seconds,
        ..Results::default()
    };
    let databases = plan.rows.iter().map(|rows| Database::sqlite(&plan.folder, *rows)).collect();
    one(plan, Kind::Sqlite, databases, None, &mut results).await?;
    if let Some(cluster) = &plan.cluster {
        let mut databases = vec![];
        for rows in &plan.rows {
            databases.push(Database::postgres(&plan.folder, cluster, *rows).await?);
        }
        postgres::create(cluster, "bench_floor").await?;
        let bare = postgres::url(cluster, "bench_floor");
        one(plan, Kind::Postgres, databases, Some(&bare), &mut results).await?;
    }
    let json = serde_json::to_string_pretty(&results)?;
    fs::write(&plan.output, json + "\n").context("the output")
}

/// Measures one kind of database, at all sizes beside each other.
async fn one(
    plan: &Measure,
    kind: Kind,
    databases: Vec<Database>,
    bare: Option<&str>,
    results: &mut Results,
) -> anyhow::Result<()> {
    let mut servers = vec![];
    for database in databases {
        eprintln!("{kind:?} with {} connections", database.rows);
        // The first start fills it.
        Server::patchbay(&plan.patchbay, &database).await?.stop().await?;
        let mut starts = Vec::new();
        for _ in 0..plan.rounds {
            let start = Server::cold(&plan.patchbay, &database).await?;
            starts.push(start.as_secs_f64() * 1000.0);
        }
        let server = Server::patchbay(&plan.patchbay, &database).await?;
        let cost = Cost {
            database: kind,
            rows: database.rows,
            cold_start_ms: median(starts),
            idle_mb: server.memory()?,
            loaded_mb: 0.0,
        };
        servers.push((database, server, cost));
    }
    let file = plan.folder.join("floor.db");
    let floor = Server::floor(&file, bare).await?;
    let mut samples = Samples::new();
    for round in 1..=plan.rounds {
        eprintln!("{kind:?}: round {round} of {}", plan.rounds);
        measure_floor(plan, kind, (&file, &floor), &mut samples).await?;
        measure_servers(plan, kind, &mut servers, &mut samples).await?;
    }
    for (_, server, cost) in servers {
        results.servers.push(cost);
        server.stop().await?;
    }
    results.figures.extend(samples.into_iter().map(|(what, samples)| Figure {
        what,
        per_second: median(samples.iter().map(Sample::per_second).collect()),
        p50_ms: median(samples.iter().map(|sample| sample.within(0.5)).collect()),
        p99_ms: median(samples.iter().map(|sample| sample.within(0.99)).collect()),
    }));
    Ok(())
}

async fn measure_floor(
    plan: &Measure,
    kind: Kind,
    (file, floor): (&Path, &Server),
    samples: &mut Samples,
) -> anyhow::Result<()> {
    let bare: &[Bare] = match kind {
        Kind::Sqlite => &[Bare::Route, Bare::Batch],
        Kind::Postgres => &[Bare::Route, Bare::Update],
    };
    for clients in &plan.clients {
        for route in bare {
            let sample = load::run(floor.addr, *clients, &route.make(), plan.length()).await?;
            let what = What { database: kind, rows: None, name: route.name(), clients: *clients };
            samples.entry(what).or_default().push(sample);
        }
    }
    if kind == Kind::Sqlite {
        // Another file than the server's, which holds its own open.
        let sample = floor::commits(&file.with_extension("commits"), plan.length()).await?;
        let what = What { database: kind, rows: None, name: "commit", clients: 1 };
        samples.entry(what).or_default().push(sample);
    }
    Ok(())
}

async fn measure_servers(
    plan: &Measure,
    kind: Kind,
    servers: &mut [(Database, Server, Cost)],
    samples: &mut Samples,
) -> anyhow::Result<()> {
    let mut callers = vec![];
    for (_, server, _) in &*servers {
        callers.push(server.sign_in().await?);
    }
    for clients in &plan.clients {
        for operation in plan.operations() {
            for ((database, server, cost), caller) in servers.iter_mut().zip(&callers) {
                let rows = database.rows;
                let make = operation.make(caller.clone(), rows);
                let sample = load::run(server.addr, *clients, &make, plan.length()).await?;
                let name = operation.name();
                let what = What { database: kind, rows: Some(rows), name, clients: *clients };
                samples.entry(what).or_default().push(sample);
                cost.loaded_mb = cost.loaded_mb.max(server.memory()?);
            }
        }
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
