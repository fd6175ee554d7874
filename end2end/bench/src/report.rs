//! The tables of docs/benchmarks.md.

use crate::{
    operation::Operation,
    peer,
    results::{Figure, Kind, Pages, Requests, Size, What},
};
use anyhow::{Context, ensure};
use std::{fmt::Write as _, fs, path::Path};

/// The lines between which the tables stand.
const BEGIN: &str = "<!-- What follows is written by make bench. -->\n";
const END: &str = "<!-- What precedes was written by make bench. -->\n";

/// Writes the tables into the document.
pub fn write(folder: &Path, document: &Path) -> anyhow::Result<()> {
    let requests: Requests = serde_json::from_slice(&fs::read(folder.join("requests.json"))?)?;
    let pages: Pages = serde_json::from_slice(&fs::read(folder.join("pages.json"))?)?;
    let text = fs::read_to_string(document)?;
    let (before, rest) = text.split_once(BEGIN).context("the document has no place for it")?;
    let (_, after) = rest.split_once(END).context("the document's place for it has no end")?;
    let table = Table { requests: &requests, pages: &pages }.write()?;
    ensure!(!table.contains("NaN"), "something was not measured");
    fs::write(document, format!("{before}{BEGIN}\n{table}\n{END}{after}"))?;
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
                "≥ 50 % of *batch*, *update*; ≥ 1.5 × Fastify",
                Box::new(|kind| self.beside(kind, Operation::Patch, 32, bare_write(kind))),
            ),
            (
                "PATCH, 1 client".into(),
                "≥ 65 % of *batch*",
                Box::new(|kind| self.beside(kind, Operation::Patch, 1, bare_write(kind))),
            ),
            (
                "PATCH, 128 clients, p99".into(),
                "≤ 5 × p50",
                Box::new(|kind| {
                    let figure = self.of(kind, Size::Large, Operation::Patch, 128)?;
                    let Figure { p50_ms, p99_ms, .. } = figure;
                    Ok(format!("{:.1} × ({p99_ms:.0} of {p50_ms:.0} ms)", p99_ms / p50_ms))
                }),
            ),
            (
                "GET one, 32 clients".into(),
                "≥ 20 % of *route*, PostgreSQL 6 %; ≥ 1 × Fastify",
                Box::new(|kind| self.beside(kind, Operation::Get, 32, "route")),
            ),
            (
                "GET one, 1 client".into(),
                "",
                Box::new(|kind| self.beside(kind, Operation::Get, 1, "route")),
            ),
        ];
        for operation in AMONG_OTHERS {
            let cell: Cell = Box::new(move |kind| self.among_others(kind, operation));
            let what = format!("{}, 1,000 among 1,000,000", operation.name());
            rows.push((what, "≤ 1.5 × that of 1,000 alone", cell));
        }
        for (operation, target) in ON_A_LARGE_SITE {
            let cell: Cell = Box::new(move |kind| {
                let Figure { p50_ms, p99_ms, .. } = self.of(kind, Size::Large, operation, 1)?;
                Ok(format!("p50 {p50_ms:.1}, p99 {p99_ms:.1} ms"))
            });
            rows.push((format!("{}, a site of 100,000", operation.name()), target, cell));
        }
        let cost =
            |kind| self.requests.cost(kind, Size::Large).context("a server was not measured");
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
        size: Size,
        operation: Operation,
        clients: usize,
    ) -> anyhow::Result<&Figure> {
        self.get(&What { database, size: Some(size), name: operation.name().into(), clients })
    }

    fn get(&self, what: &What) -> anyhow::Result<&Figure> {
        self.requests.figure(what).with_context(|| format!("{what:?} was not measured"))
    }

    /// An operation on a site of 100,000 beside a bare route, and beside the peer where there is one.
    fn beside(
        &self,
        database: Kind,
        operation: Operation,
        clients: usize,
        bare: &str,
    ) -> anyhow::Result<String> {
        let ours = self.of(database, Size::Large, operation, clients)?.per_second;
        let floor = |name: &str| What { database, size: None, name: name.into(), clients };
        let bare = self.get(&floor(bare))?.per_second;
        let share = 100.0 * ours / bare;
        let mut text = format!("{share:.0} % ({ours:.0} of {bare:.0} a second)");
        let peer = if operation == Operation::Patch { peer::PATCH } else { peer::GET };
        if let Some(peer) = self.requests.figure(&floor(peer)) {
            let peer = peer.per_second;
            write!(text, "; {:.2} × Fastify ({peer:.0})", ours / peer)?;
        }
        Ok(text)
    }

    /// A small site beside others and alone, one client.
    fn among_others(&self, database: Kind, operation: Operation) -> anyhow::Result<String> {
        let alone = self.of(database, Size::Small, operation, 1)?;
        let among = self.of(database, Size::SmallAmongMillion, operation, 1)?;
        Ok(format!(
            "p50 {:.1} ×, p99 {:.1} × ({:.1}, {:.1} ms)",
            among.p50_ms / alone.p50_ms,
            among.p99_ms / alone.p99_ms,
            among.p50_ms,
            among.p99_ms,
        ))
    }
}

type Cell<'a> = Box<dyn Fn(Kind) -> anyhow::Result<String> + 'a>;

/// What others' connections must not show in.
const AMONG_OTHERS: [Operation; 7] = [
    Operation::Find,
    Operation::FindDeep,
    Operation::Board,
    Operation::BoardLast,
    Operation::BoardFiltered,
    Operation::Search,
    Operation::Edit,
];

/// What goes through a site's rows.
const ON_A_LARGE_SITE: [(Operation, &str); 5] = [
    (Operation::Board, "p99 ≤ 15 ms"),
    (Operation::BoardFiltered, "p99 ≤ 15 ms"),
    (Operation::WideSearch, "p99 ≤ 15 ms"),
    (Operation::Search, "p99 ≤ 100 ms"),
    (Operation::VainSearch, "p99 ≤ 100 ms"),
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
    ("validation reacts", "≤ 600 ms", "edit, cold", "reacts_ms", "ms"),
    ("requests", "", "edit, cold", "requests", ""),
    ("edit page, warm, slow: validation reacts", "≤ 330 ms", "edit, warm", "reacts_ms", "ms"),
    ("keystroke to message, slow processor", "≤ 16 ms", "edit, warm", "keystroke_ms", "ms"),
    ("board, cold, slow: first paint", "", "board, cold", "first_paint_ms", "ms"),
    ("requests", "", "board, cold", "requests", ""),
    ("board to living form, fast", "≤ 100 ms", "to and fro", "to_edit_ms", "ms"),
    ("form to board, fast", "≤ 100 ms", "to and fro", "to_board_ms", "ms"),
];
