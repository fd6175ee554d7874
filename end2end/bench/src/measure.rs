//! The plan of a run.

use crate::{
    Measure,
    database::{Database, postgres},
    floor,
    load::{self, Sample},
    operation::{self, Bare, Operation},
    peer,
    results::{Cost, Figure, Kind, Requests, Size, What, median},
    server::{Caller, Server},
};
use anyhow::Context;
use std::{collections::BTreeMap, fs, path::Path, time::Duration};

/// Every round's samples of each thing.
type Samples = BTreeMap<What, Vec<Sample>>;

/// Measures all, and writes what was found.
pub async fn run(plan: &Measure) -> anyhow::Result<()> {
    fs::create_dir_all(plan.folder.join("keys"))?;
    let mut results = Requests {
        processors: std::thread::available_parallelism()?.get(),
        rounds: plan.rounds,
        seconds: plan.seconds,
        ..Requests::default()
    };
    floor::assert_writes(&plan.folder).await?;
    let databases = plan.sizes.iter().map(|size| Database::sqlite(&plan.folder, *size)).collect();
    one(plan, Kind::Sqlite, databases, None, &mut results).await?;
    if let Some(cluster) = &plan.cluster {
        let mut databases = vec![];
        for size in &plan.sizes {
            databases.push(Database::postgres(&plan.folder, cluster, *size).await?);
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
    results: &mut Requests,
) -> anyhow::Result<()> {
    let mut servers = vec![];
    for database in databases {
        eprintln!("{kind:?}: {:?}", database.size);
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
            size: database.size,
            cold_start_ms: median(starts),
            idle_mb: server.memory()?,
            loaded_mb: 0.0,
            soak_mb: vec![],
        };
        servers.push((database, server, cost));
    }
    let file = plan.folder.join("floor.db");
    let floor = Server::floor(&file, bare).await?;
    let peer = match (&plan.peer, kind) {
        (Some(folder), Kind::Sqlite) => Some(peer::start(folder, &plan.folder).await?),
        _ => None,
    };
    let mut samples = Samples::new();
    for round in 1..=plan.rounds {
        eprintln!("{kind:?}: round {round} of {}", plan.rounds);
        measure_floor(plan, kind, (&file, &floor), &mut samples).await?;
        if let Some((server, caller)) = &peer {
            measure_peer(plan, server, caller, &mut samples).await?;
        }
        measure_servers(plan, kind, &mut servers, &mut samples).await?;
    }
    let large = servers.iter_mut().find(|(database, ..)| database.size == Size::Large);
    if let Some((database, server, cost)) = large {
        soak(plan, database, server, cost).await?;
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
            let what =
                What { database: kind, size: None, name: route.name().into(), clients: *clients };
            samples.entry(what).or_default().push(sample);
        }
    }
    if kind == Kind::Sqlite {
        // Another file than the server's, which holds its own open.
        let commits = floor::commits(&file.with_extension("commits"), plan.length()).await?;
        let syncs = floor::syncs(&file.with_extension("syncs"), plan.length())?;
        for (name, sample) in [("commit", commits), ("sync", syncs)] {
            let what = What { database: kind, size: None, name: name.into(), clients: 1 };
            samples.entry(what).or_default().push(sample);
        }
    }
    Ok(())
}

/// Measures the peer with the requests that Patchbay gets.
async fn measure_peer(
    plan: &Measure,
    server: &Server,
    caller: &Caller,
    samples: &mut Samples,
) -> anyhow::Result<()> {
    for clients in &plan.clients {
        for (operation, name) in [(Operation::Get, peer::GET), (Operation::Patch, peer::PATCH)] {
            let make = operation.make(caller.clone(), peer::ROWS);
            let sample = load::run(server.addr, *clients, &make, plan.length()).await?;
            let what =
                What { database: Kind::Sqlite, size: None, name: name.into(), clients: *clients };
            samples.entry(what).or_default().push(sample);
        }
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
    for (database, server, _) in &*servers {
        database.warm().await?;
        callers.push(server.sign_in().await?);
    }
    for clients in &plan.clients {
        for operation in plan.operations() {
            for ((database, server, cost), caller) in servers.iter_mut().zip(&callers) {
                let size = database.size;
                let make = operation.make(caller.clone(), size.rows());
                let sample = load::run(server.addr, *clients, &make, plan.length()).await?;
                let name = operation.name().into();
                let what = What { database: kind, size: Some(size), name, clients: *clients };
                samples.entry(what).or_default().push(sample);
                cost.loaded_mb = cost.loaded_mb.max(server.memory()?);
            }
        }
    }
    Ok(())
}

/// Watches a server's memory while many ask it for all kinds of things.
async fn soak(
    plan: &Measure,
    database: &Database,
    server: &Server,
    cost: &mut Cost,
) -> anyhow::Result<()> {
    let clients = plan.clients.iter().copied().max().unwrap_or(1);
    let make = operation::mixed(&server.sign_in().await?, database.size.rows());
    let tenth = Duration::from_secs_f64(plan.soak / 10.0);
    for nth in 1..=10 {
        eprintln!("{:?}: memory, {nth} of 10", cost.database);
        load::run(server.addr, clients, &make, tenth).await?;
        cost.soak_mb.push(server.memory()?);
    }
    Ok(())
}
