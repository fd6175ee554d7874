//! The table and the plot of the README.

use crate::{
    operation::Operation,
    results::{Figure, Kind, Pages, Requests, What},
};
use anyhow::{Context, ensure};
use std::{fmt::Write as _, fs, path::Path};

mod plot;

/// The README's lines between which the table stands.
const BEGIN: &str = "<!-- What follows is written by make bench. -->\n";
const END: &str = "<!-- What precedes was written by make bench. -->\n";

/// The sizes that are compared, and the one that other figures are of.
const SMALL: u32 = 1000;
const MIDDLE: u32 = 100_000;
const LARGE: u32 = 1_000_000;

/// Writes the table into the README, and the plot.
pub fn write(folder: &Path, readme: &Path) -> anyhow::Result<()> {
    let requests: Requests = serde_json::from_slice(&fs::read(folder.join("requests.json"))?)?;
    let pages: Pages = serde_json::from_slice(&fs::read(folder.join("pages.json"))?)?;
    plot::draw(&requests, &folder.join("plot.svg"))?;
    let text = fs::read_to_string(readme)?;
    let (before, rest) = text.split_once(BEGIN).context("the README has no place for it")?;
    let (_, after) = rest.split_once(END).context("the README's place for it has no end")?;
    let table = Table { requests: &requests, pages: &pages }.write()?;
    ensure!(!table.contains("NaN"), "something was not measured");
    fs::write(readme, format!("{before}{BEGIN}\n{table}\n{END}{after}"))?;
    Ok(())
}

struct Table<'a> {
    requests: &'a Requests,
    pages: &'a Pages,
}

impl Table<'_> {
    fn write(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        text += "| what | target | SQLite | PostgreSQL |\n| --- | --- | --- | --- |\n";
        for (what, target, cell) in self.requests_rows() {
            let (sqlite, postgres) = (cell(Kind::Sqlite)?, cell(Kind::Postgres)?);
            writeln!(text, "| {what} | {target} | {sqlite} | {postgres} |")?;
        }
        text += "\n| page in Chromium | target | found |\n| --- | --- | --- |\n";
        for (what, target, page, figure, unit) in PAGES {
            let found = self.pages.pages.get(page).and_then(|page| page.get(figure));
            let found = found.with_context(|| format!("{page}: {figure} was not measured"))?;
            writeln!(text, "| {what} | {target} | {found:.0} {unit} |")?;
        }
        Ok(text)
    }

    fn requests_rows(&self) -> Vec<(String, &'static str, Cell<'_>)> {
        let mut rows: Vec<(String, &str, Cell)> = vec![
            (
                "PATCH, 32 clients".into(),
                "≥ 60 % of *batch*, *update*",
                Box::new(|kind| self.share(kind, Operation::Patch, 32, bare_write(kind))),
            ),
            (
                "PATCH, 1 client".into(),
                "≥ 80 % of *commit*",
                Box::new(|kind| {
                    let commit = if kind == Kind::Sqlite { "commit" } else { "update" };
                    self.share(kind, Operation::Patch, 1, commit)
                }),
            ),
            (
                "PATCH, 128 clients, p99".into(),
                "≤ 5 × p50",
                Box::new(|kind| {
                    let figure = self.of(kind, MIDDLE, Operation::Patch, 128)?;
                    let Figure { p50_ms, p99_ms, .. } = figure;
                    Ok(format!("{:.1} × ({p99_ms:.0} of {p50_ms:.0} ms)", p99_ms / p50_ms))
                }),
            ),
            (
                "GET one, 32 clients".into(),
                "≥ 60 % of *route*",
                Box::new(|kind| self.share(kind, Operation::Get, 32, "route")),
            ),
        ];
        for operation in PAGED {
            let target = match operation {
                Operation::Search | Operation::WideSearch => "p99 ≤ 2 × that of 1,000, ≤ 5 × GET's",
                Operation::Edit => "≤ 2 × that of 1,000",
                _ => "≤ 2 × that of 1,000, ≤ 5 × GET's",
            };
            let cell: Cell = Box::new(move |kind| self.sizes(kind, operation));
            rows.push((format!("{}, 1,000,000 connections", operation.name()), target, cell));
        }
        let cost = |kind| self.requests.cost(kind, MIDDLE).context("a server was not measured");
        rows.push((
            "start to first answer".into(),
            "≤ 150 ms",
            Box::new(move |kind| Ok(format!("{:.0} ms", cost(kind)?.cold_start_ms))),
        ));
        rows.push((
            "resident memory, idle and loaded".into(),
            "≤ 40 MB, ≤ 150 MB",
            Box::new(move |kind| {
                let cost = cost(kind)?;
                Ok(format!("{:.0} MB, {:.0} MB", cost.idle_mb, cost.loaded_mb))
            }),
        ));
        rows.push((
            "resident memory, after each tenth of a long load".into(),
            "flat",
            Box::new(move |kind| {
                let megabytes: Vec<_> =
                    cost(kind)?.soak_mb.iter().map(|mb| format!("{mb:.0}")).collect();
                Ok(format!("{} MB", megabytes.join(", ")))
            }),
        ));
        rows
    }

    fn of(
        &self,
        database: Kind,
        rows: u32,
        operation: Operation,
        clients: usize,
    ) -> anyhow::Result<&Figure> {
        self.get(&What { database, rows: Some(rows), name: operation.name().into(), clients })
    }

    fn get(&self, what: &What) -> anyhow::Result<&Figure> {
        self.requests.figure(what).with_context(|| format!("{what:?} was not measured"))
    }

    /// An operation beside a bare route.
    fn share(
        &self,
        database: Kind,
        operation: Operation,
        clients: usize,
        bare: &str,
    ) -> anyhow::Result<String> {
        let ours = self.of(database, MIDDLE, operation, clients)?.per_second;
        let bare = self.get(&What { database, rows: None, name: bare.into(), clients })?.per_second;
        Ok(format!("{:.0} % ({ours:.0} of {bare:.0} a second)", 100.0 * ours / bare))
    }

    /// The largest database beside the smallest, one client.
    fn sizes(&self, database: Kind, operation: Operation) -> anyhow::Result<String> {
        let small = self.of(database, SMALL, operation, 1)?;
        let large = self.of(database, LARGE, operation, 1)?;
        let get = self.of(database, LARGE, Operation::Get, 1)?;
        Ok(format!(
            "p50 {:.1} ×, p99 {:.1} × ({:.1}, {:.1} ms); {:.1} ×, {:.1} × GET's",
            large.p50_ms / small.p50_ms,
            large.p99_ms / small.p99_ms,
            large.p50_ms,
            large.p99_ms,
            large.p50_ms / get.p50_ms,
            large.p99_ms / get.p99_ms,
        ))
    }
}

type Cell<'a> = Box<dyn Fn(Kind) -> anyhow::Result<String> + 'a>;

/// What the size of the table must not show in.
const PAGED: [Operation; 8] = [
    Operation::Find,
    Operation::FindDeep,
    Operation::Board,
    Operation::BoardLast,
    Operation::BoardFiltered,
    Operation::Search,
    Operation::WideSearch,
    Operation::Edit,
];

/// The bare route that writes to a database.
fn bare_write(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "batch",
        Kind::Postgres => "update",
    }
}

/// What a row says, its target, the visit and its figure, and the unit.
const PAGES: [(&str, &str, &str, &str, &str); 10] = [
    ("edit page, cold, slow: first paint", "≤ 500 ms", "edit, cold", "first_paint_ms", "ms"),
    ("a field is there", "at first paint", "edit, cold", "field_ms", "ms"),
    ("validation reacts", "≤ 800 ms", "edit, cold", "reacts_ms", "ms"),
    ("requests", "", "edit, cold", "requests", ""),
    ("edit page, warm, slow: validation reacts", "≤ 300 ms", "edit, warm", "reacts_ms", "ms"),
    ("keystroke to message, slow processor", "≤ 16 ms", "edit, warm", "keystroke_ms", "ms"),
    ("board, cold, slow: first paint", "", "board, cold", "first_paint_ms", "ms"),
    ("requests", "", "board, cold", "requests", ""),
    ("board to living form, fast", "≤ 100 ms", "to and fro", "to_edit_ms", "ms"),
    ("form to board, fast", "≤ 100 ms", "to and fro", "to_board_ms", "ms"),
];
