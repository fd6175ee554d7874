//! The servers that are measured: programs of their own, as an operator would start them.

use crate::{
    database::Database,
    load::{Ask, Client},
};
use anyhow::{Context, bail, ensure};
use http_body_util::Full;
use hyper::{Method, Request, header};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// The demo's admin of site 169.
const EMAIL: &str = "demo@patchbay.test";
const PASSWORD: &str = "patchbay-demo";

/// A server that listens. It is killed with this.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Server {
    /// Starts a program and waits until it says where it listens.
    pub async fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let output = child.stdout.take().context("a server without output")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(addr) = line.strip_prefix("listening on http://") {
                let addr = addr.parse()?;
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self { child, addr });
            }
        }
        bail!("a server ended before it listened: {}", child.wait().await?)
    }

    /// Starts Patchbay with a database, which is filled first if it is empty.
    pub async fn patchbay(executable: &Path, database: &Database) -> anyhow::Result<Self> {
        let mut command = Command::new(executable);
        command.args(["serve", "--demo", "--addr", "127.0.0.1:0", "--demo-rows"]);
        command.arg(database.size.rows().to_string());
        let sites = database.size.other_sites();
        if sites > 0 {
            command.arg("--demo-sites").arg(sites.to_string());
        }
        command.arg("--database-url").arg(&database.url).arg("--key-file").arg(&database.keys);
        // What it logs, it logs, but for the terminal that shows it.
        command.env_remove("RUST_LOG").stderr(Stdio::null());
        Self::start(&mut command).await
    }

    /// Starts the floor, beside a PostgreSQL database if there is one.
    pub async fn floor(file: &Path, postgres: Option<&str>) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("floor").arg(file);
        if let Some(url) = postgres {
            command.args(["--postgres", url]);
        }
        Self::start(&mut command).await
    }

    /// How long Patchbay takes from its start to its first answer.
    pub async fn cold(executable: &Path, database: &Database) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        let server = Self::patchbay(executable, database).await?;
        let ask = Request::get("/login").header(header::HOST, server.addr.to_string());
        Client::connect(server.addr).await?.fetch(ask.body(Full::default())?).await?;
        let took = begin.elapsed();
        server.stop().await?;
        Ok(took)
    }

    /// What it holds in memory, in megabytes (`VmRSS`, proc(5)).
    pub fn memory(&self) -> anyhow::Result<f64> {
        let id = self.child.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kilobytes.context("no VmRSS")?.parse::<f64>()? / 1024.0)
    }

    /// Stops it as an operator would.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().context("the server has ended")?;
        Command::new("kill").arg(id.to_string()).status().await?;
        let status = self.child.wait().await?;
        ensure!(status.success(), "a server ended with {status}");
        Ok(())
    }

    /// Signs in: what the API's requests and the browser's carry.
    pub async fn sign_in(&self) -> anyhow::Result<Caller> {
        let mut client = Client::connect(self.addr).await?;
        let body = json!({"email": EMAIL, "password": PASSWORD, "siteId": "169"}).to_string();
        let ask = Request::post("/api/authenticate")
            .header(header::HOST, self.addr.to_string())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body))?;
        let answer: Value = serde_json::from_slice(&client.fetch(ask).await?)?;
        let token = answer["token"].as_str().context("no token")?;
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("email", EMAIL), ("password", PASSWORD), ("siteId", "169")])
            .finish();
        let ask = Request::post("/login")
            .header(header::HOST, self.addr.to_string())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Full::from(form))?;
        let answer = client.send(ask).await?;
        let cookie = answer.headers().get(header::SET_COOKIE).context("no session")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default();
        Ok(Caller::new(self.addr, token, cookie))
    }
}

/// Who asks a server.
#[derive(Clone, Debug)]
pub struct Caller {
    host: String,
    bearer: String,
    cookie: String,
}

impl Caller {
    /// Of a server, with what it wants to see.
    pub fn new(addr: SocketAddr, token: &str, cookie: &str) -> Self {
        let bearer = format!("Bearer {token}");
        Self { host: addr.to_string(), bearer, cookie: cookie.to_owned() }
    }

    /// A request of a program or of a browser.
    pub fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Ask {
        let mut ask = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        ask = if path.starts_with("/api/") {
            ask.header(header::AUTHORIZATION, &self.bearer)
        } else {
            ask.header(header::COOKIE, &self.cookie)
        };
        if body.is_some() {
            ask = ask.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        ask.body(Full::from(body)).expect("its parts are ours")
    }
}
