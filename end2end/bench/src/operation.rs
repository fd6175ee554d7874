//! What is measured: requests of programs and of the browser.

use crate::{load::Make, server::Caller};
use clap::ValueEnum;
use http_body_util::Full;
use hyper::{Method, Request};
use serde_json::json;
use std::sync::Arc;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Operation {
    /// Host and port of an e-mail connection, another one each time.
    Patch,
    /// One connection.
    Get,
    /// The first twenty.
    Find,
    /// Twenty from the middle on.
    FindDeep,
    /// The board as it opens.
    Board,
    /// The board's last page.
    BoardLast,
    /// The board of one channel by name.
    BoardFiltered,
    /// The board with a search for one or a few.
    Search,
    /// The board with a search that nothing matches.
    VainSearch,
    /// The board with a search that fills its page.
    WideSearch,
    /// A connection's form.
    Edit,
}

/// What staff look for, beside a connection's number: a mailbox, an account's number and a handle.
const SEARCHES: [&str; 3] = ["leeds.2@", "17841400000001234", "sales_1005"];

/// What they look for in vain.
const VAIN: [&str; 2] = ["nobody@mail.patchbay.test", "no+such+name"];

/// Words that much matches: one in twelve, one in fifteen, one in 180, a part of a server's name, and
/// four digits that many numbers have.
const WIDE: [&str; 5] = ["billing", "akart", "press+leeds", "mail7.patch", "1234"];

/// The first of the demo's further connections; every fifth receives e-mail.
const FIRST: u64 = 1001;

impl Operation {
    /// What it is called in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patch => "PATCH",
            Self::Get => "GET",
            Self::Find => "find",
            Self::FindDeep => "find, deep",
            Self::Board => "board",
            Self::BoardLast => "board, last page",
            Self::BoardFiltered => "board, one channel by name",
            Self::Search => "board, search",
            Self::VainSearch => "board, search in vain",
            Self::WideSearch => "board, wide search",
            Self::Edit => "edit page",
        }
    }

    /// Its requests to a site with this number of connections.
    pub fn make(self, caller: Caller, rows: u32) -> Make {
        let rows = u64::from(rows);
        // A prime stride, so that neighbours in time are none in the table.
        let row = move |n: u64| n * 7919 % rows;
        Arc::new(move |n| {
            let get = |path: &str| caller.ask(Method::GET, path, None);
            match self {
                Self::Patch => {
                    let path = format!("/api/connection/{}", FIRST + row(n) / 5 * 5);
                    let body = json!({"Host": format!("mail{n}.patchbay.test"), "Port": "993"});
                    caller.ask(Method::PATCH, &path, Some(&body))
                }
                Self::Get => get(&format!("/api/connection/{}", FIRST + row(n))),
                Self::Find => get("/api/connection"),
                Self::FindDeep => get(&format!("/api/connection?sinceId={}", FIRST + rows / 2)),
                Self::Board => get("/"),
                Self::BoardLast => get("/?page=last"),
                Self::BoardFiltered => get("/?channel=email-inbound&sort=name"),
                // Numbers are as long as those of that site.
                Self::Search if n % 4 == 3 => get(&format!("/?q={}", FIRST + row(n))),
                Self::Search => get(&format!("/?q={}", nth(&SEARCHES, n))),
                Self::VainSearch => get(&format!("/?q={}", nth(&VAIN, n))),
                Self::WideSearch => get(&format!("/?q={}", nth(&WIDE, n))),
                Self::Edit => get(&format!("/connections/{}", FIRST + row(n))),
            }
        })
    }
}

fn nth<T>(all: &[T], n: u64) -> &T {
    &all[usize::try_from(n).unwrap_or_default() % all.len()]
}

/// All kinds of requests by turns.
pub fn mixed(caller: &Caller, rows: u32) -> Make {
    let all = Operation::value_variants();
    let makes: Vec<_> = all.iter().map(|operation| operation.make(caller.clone(), rows)).collect();
    Arc::new(move |n| nth(&makes, n)(n))
}

/// A bare route of the floor.
#[derive(Clone, Copy, Debug)]
pub enum Bare {
    /// A constant answer.
    Route,
    /// An update of SQLite whose commit others share.
    Batch,
    /// An update of PostgreSQL.
    Update,
}

impl Bare {
    /// What it is called in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Batch => "batch",
            Self::Update => "update",
        }
    }

    /// Its requests.
    pub fn make(self) -> Make {
        Arc::new(move |n| {
            let ask = Request::builder().header("host", "localhost");
            let ask = match self {
                Self::Route => return ask.uri("/route").body(Full::default()).expect(OURS),
                Self::Batch => ask.uri(format!("/batch/{}", n % 1000 + 1)),
                Self::Update => ask.uri(format!("/update/{}", n % 1000 + 1)),
            };
            let body = format!("\"{n:0>1198}\"");
            let ask = ask.method(Method::PATCH).header("content-type", "application/json");
            ask.body(Full::from(body)).expect(OURS)
        })
    }
}

const OURS: &str = "its parts are ours";
