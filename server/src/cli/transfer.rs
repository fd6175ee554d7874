//! `patchbay export` and `patchbay import`

use super::{
    Database,
    backup::{make_private, with_suffix},
    user::password,
};
use crate::{
    service::{ImportError, Imported, Services},
    store::{FindQuery, SiteScope, Stored},
    transfer::{
        host::{Access, Host},
        line,
    },
};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use shared::{ConnectionId, SiteId};
use std::{
    env, fs,
    io::{BufRead, BufReader, BufWriter, Write, stdin, stdout},
    path::{Path, PathBuf},
};

/// Connections that are read, or written in one transaction, at once.
const BATCH: u32 = 1000;

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file to make, one that is its owner's alone; standard output if not given
    file: Option<PathBuf>,
    /// The site
    #[arg(long)]
    site: i64,
    /// With the passwords and tokens in clear, into a file
    #[arg(long, requires = "file")]
    with_secrets: bool,
    #[command(flatten)]
    database: Database,
}

impl Export {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (services, scope) = open(&self.database, self.site).await?;
        let Some(file) = &self.file else {
            let count = self.write(&services, scope, &mut stdout().lock()).await?;
            tell(count, "standard output", self.with_secrets);
            return Ok(());
        };
        if file.exists() {
            bail!("{} is there already: name another file", file.display());
        }
        if self.with_secrets {
            services.note_export(scope).await?;
        }
        let partial = with_suffix(file, ".partial");
        let made = make_private(&partial)?;
        let count = match self.write(&services, scope, &mut BufWriter::new(&made)).await {
            Ok(count) => count,
            Err(error) => {
                fs::remove_file(&partial).ok();
                return Err(error);
            }
        };
        made.sync_all()?;
        fs::rename(&partial, file)?;
        tell(count, &file.display().to_string(), self.with_secrets);
        Ok(())
    }

    async fn write(
        &self,
        services: &Services,
        scope: SiteScope,
        to: &mut impl Write,
    ) -> anyhow::Result<u64> {
        let mut last = ConnectionId::default();
        let bar = progress(services.count(scope, &FindQuery::default()).await?);
        let mut count = 0;
        loop {
            let query = FindQuery { since_id: Some(last), limit: BATCH, ..FindQuery::default() };
            let rows = services.find(scope, &query).await?;
            let Some(end) = rows.last() else { break };
            last = end.connection.id;
            for row in &rows {
                writeln!(to, "{}", line::write(row, self.with_secrets)?)?;
            }
            count += rows.len() as u64;
            bar.set_position(count);
        }
        to.flush()?;
        Ok(count)
    }
}

fn tell(count: u64, place: &str, with_secrets: bool) {
    let secrets = if with_secrets {
        "with their secrets in clear: look after it"
    } else {
        "without their secrets: --with-secrets writes them, too"
    };
    eprintln!("wrote {count} connections to {place}, {secrets}");
}

#[derive(Debug, Args)]
#[group(id = "source", required = true, multiple = false, args = ["file", "from"])]
pub(super) struct Import {
    /// A file of connections as export writes it; - for standard input
    file: Option<PathBuf>,
    /// A running host of the API, such as <https://helpdesk.example>. Its token is in
    /// `PATCHBAY_IMPORT_TOKEN`, or there is --email
    #[arg(long)]
    from: Option<String>,
    /// With --from: whom to sign in as there; the password is read from standard input
    #[arg(long, requires = "from")]
    email: Option<String>,
    /// With --email: the site there; the same number as here if not given
    #[arg(long, requires = "email")]
    from_site: Option<i64>,
    /// With --from: go on after this connection
    #[arg(long, requires = "from", default_value_t = 0)]
    since_id: i64,
    /// The site
    #[arg(long)]
    site: i64,
    #[command(flatten)]
    database: Database,
}

impl Import {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (services, scope) = open(&self.database, self.site).await?;
        let mut sum = Imported::default();
        let done = match (&self.file, &self.from) {
            (Some(file), _) => read(file, &services, scope, &mut sum).await,
            (None, Some(host)) => self.ask(host, &services, scope, &mut sum).await,
            (None, None) => bail!("name a file, or a host with --from"),
        };
        services.store().settle().await?;
        let Imported { added, same } = sum;
        println!("added {added} connections; {same} were there already");
        done
    }

    async fn ask(
        &self,
        address: &str,
        services: &Services,
        scope: SiteScope,
        sum: &mut Imported,
    ) -> anyhow::Result<()> {
        let host = Host::open(address, self.access()?).await?;
        let mut last = ConnectionId(self.since_id);
        let mut bar = None;
        loop {
            let go_on = || format!("go on with --since-id {last}");
            let page = host.page(last).await.with_context(go_on)?;
            let bar = bar.get_or_insert_with(|| progress(page.total));
            let read = page.data.into_iter().map(|record| {
                line::read(record).map_err(|error| anyhow!("a connection of the host: {error}"))
            });
            let rows = read.collect::<Result<Vec<_>, _>>().with_context(go_on)?;
            let Some(end) = rows.iter().map(|row| row.connection.id).max() else { return Ok(()) };
            if end <= last {
                bail!("the host does not go on after connection {last}");
            }
            bar.inc(rows.len() as u64);
            add(services, scope, rows, sum).await.with_context(go_on)?;
            last = end;
        }
    }

    fn access(&self) -> anyhow::Result<Access> {
        if let Some(email) = self.email.clone() {
            let site = SiteId(self.from_site.unwrap_or(self.site));
            return Ok(Access::Password { email, password: password()?, site });
        }
        let token = env::var("PATCHBAY_IMPORT_TOKEN");
        let token = token.ok().filter(|token| !token.is_empty());
        token
            .map(Access::Token)
            .context("name who signs in there with --email, or set PATCHBAY_IMPORT_TOKEN")
    }
}

async fn read(
    file: &Path,
    services: &Services,
    scope: SiteScope,
    sum: &mut Imported,
) -> anyhow::Result<()> {
    let is_input = file == Path::new("-");
    let (reader, bytes): (Box<dyn BufRead + Send>, _) = if is_input {
        (Box::new(BufReader::new(stdin())), 0)
    } else {
        let open = || format!("{} could not be opened", file.display());
        let opened = fs::File::open(file).with_context(open)?;
        let bytes = opened.metadata().with_context(open)?.len();
        (Box::new(BufReader::new(opened)), bytes)
    };
    let bar = progress(bytes);
    let mut rows = vec![];
    for (index, line) in reader.lines().enumerate() {
        let number = index + 1;
        let line = line.with_context(|| format!("line {number} could not be read"))?;
        bar.inc(line.len() as u64 + 1);
        if line.trim().is_empty() {
            continue;
        }
        rows.push(row(&line).with_context(|| told(number, &rows))?);
        if rows.len() == BATCH as usize {
            let first = number + 1 - rows.len();
            let batch = std::mem::take(&mut rows);
            let place = || format!("lines {first} to {number} were not imported");
            add(services, scope, batch, sum).await.with_context(place)?;
        }
    }
    let place = || "the last lines were not imported".to_owned();
    add(services, scope, rows, sum).await.with_context(place)
}

fn row(line: &str) -> Result<Stored, line::LineError> {
    let value = serde_json::from_str(line).map_err(|_| line::LineError::NotAnObject)?;
    line::read(value)
}

fn told(number: usize, waiting: &[Stored]) -> String {
    match waiting.first() {
        Some(_) => format!("line {number}, so the {} before it were not imported", waiting.len()),
        None => format!("line {number}"),
    }
}

async fn add(
    services: &Services,
    scope: SiteScope,
    rows: Vec<Stored>,
    sum: &mut Imported,
) -> anyhow::Result<()> {
    let done = services.import(scope, rows).await.map_err(|error| match error {
        ImportError::Different(_) => anyhow!("{error}: change it there or here, or leave it out"),
        ImportError::Taken => anyhow!("{error}: a number belongs to one connection of all sites"),
        error => error.into(),
    })?;
    sum.added += done.added;
    sum.same += done.same;
    Ok(())
}

async fn open(database: &Database, site: i64) -> anyhow::Result<(Services, SiteScope)> {
    let services = database.open().await?.services();
    let site = SiteId(site);
    if !services.store().sites().await?.contains(&site) {
        bail!("there is no site {site}: patchbay site add makes one");
    }
    Ok((services, SiteScope::operator(site)))
}

/// Shown on a terminal alone.
fn progress(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let style = ProgressStyle::with_template("{wide_bar} {percent} % {eta}");
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
