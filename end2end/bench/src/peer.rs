//! A peer: a lean server for the same record, as somebody would write it on Node (Fastify and
//! better-sqlite3), with the same rows, a bearer check, the rules of an inbound mailbox and a commit a PATCH.

use crate::server::{Caller, Server};
use std::{path::Path, process::Stdio};
use tokio::process::Command;

/// What its figures are called in tables.
pub const GET: &str = "Fastify GET";
pub const PATCH: &str = "Fastify PATCH";

/// Its connections.
pub const ROWS: u32 = 100_000;

/// Its only token.
const TOKEN: &str = "a-token-of-the-benchmark-alone";

/// Starts it on a database of its own, which it fills.
pub async fn start(program: &Path, folder: &Path) -> anyhow::Result<(Server, Caller)> {
    let mut command = Command::new("node");
    command.arg(program.join("server.mjs")).arg(folder.join("peer.db")).arg(ROWS.to_string());
    command.env("TOKEN", TOKEN).stderr(Stdio::null());
    let server = Server::start(&mut command).await?;
    let caller = Caller::new(server.addr, TOKEN, "");
    Ok((server, caller))
}
