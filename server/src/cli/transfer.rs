//! `patchbay export` and `patchbay import`
//! The two are read together: what one writes the other must take.

use super::{
    Database,
    backup::assert_new_file,
    database::Opened,
    output::{note, print},
    user::password,
};
use crate::{
    service::{ImportError, Imported, Services},
    store::{FindQuery, SiteScope, Stored},
    transfer::{
        host::{Access, Host, host_address},
        line::{self, MAX_RECORD_BYTES},
    },
};
use anyhow::{Context, anyhow, bail};
use atomic_write_file::{OpenOptions, unix::OpenOptionsExt};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use shared::{ConnectionId, SiteId};
use std::{
    env, fs,
    io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write, stdin, stdout},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Connections that are read, or written in one transaction, at once.
const EXPORT_BATCH_ROWS: u32 = 1000;

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file to make, one that is its owner's alone; standard output if not given
    file: Option<PathBuf>,
    /// The site
    #[arg(long)]
    site: SiteId,
    /// With the passwords and tokens in clear, into a file
    #[arg(long, requires = "file")]
    with_secrets: bool,
    #[command(flatten)]
    database: Database,
}

impl Export {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (services, scope) = open(self.database.open_as_is().await?, self.site).await?;
        let done = match &self.file {
            Some(file) => self.write_file(file, &services, scope).await,
            None => self.write_output(&services, scope).await,
        };
        services.store().close().await;
        done
    }

    async fn write_output(&self, services: &Services, scope: SiteScope) -> anyhow::Result<()> {
        let written = self.write(services, scope, &mut stdout().lock()).await;
        if !written.as_ref().is_err_and(has_no_reader) {
            report(written?, "standard output", self.with_secrets);
        }
        Ok(())
    }

    async fn write_file(
        &self,
        file: &Path,
        services: &Services,
        scope: SiteScope,
    ) -> anyhow::Result<()> {
        assert_new_file(file)?;
        if self.with_secrets {
            services.note_export(scope).await?;
        }
        let created = || format!("{} could not be written", file.display());
        // It has no name before it is whole, so not even a kill leaves secrets behind.
        let options = OpenOptions::new().preserve_mode(false).mode(0o600).open(file);
        let mut made = options.with_context(created)?;
        let count = self.write(services, scope, &mut BufWriter::new(&mut made)).await?;
        made.commit().with_context(created)?;
        report(count, &file.display().to_string(), self.with_secrets);
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
            let query = FindQuery {
                since_id: Some(last),
                limit: EXPORT_BATCH_ROWS,
                ..FindQuery::default()
            };
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

/// Whether standard output was closed early, as `head` does.
fn has_no_reader(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn report(count: u64, place: &str, with_secrets: bool) {
    let secrets = if with_secrets {
        "with their secrets in clear: look after it"
    } else {
        "without their secrets: --with-secrets writes them, too"
    };
    note(format_args!("wrote {count} connections to {place}, {secrets}"));
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
    /// With --from: read it over plain http, where everybody on the way can read the secrets
    #[arg(long, requires = "from")]
    allow_http: bool,
    /// With --from: whom to sign in as there; the password is read from standard input
    #[arg(long, requires = "from")]
    email: Option<String>,
    /// With --email: the site there; the same number as here if not given
    #[arg(long, requires = "email")]
    from_site: Option<SiteId>,
    /// With --from: go on after this connection
    #[arg(long, requires = "from", default_value = "0", value_parser = ConnectionId::parse_after)]
    since_id: ConnectionId,
    /// The site
    #[arg(long)]
    site: SiteId,
    #[command(flatten)]
    database: Database,
}

impl Import {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (services, scope) = open(self.database.open().await?, self.site).await?;
        let mut sum = Imported::default();
        let done = match (&self.file, &self.from) {
            (Some(file), _) => read(file, &services, scope, &mut sum).await,
            (None, Some(host)) => self.ask(host, &services, scope, &mut sum).await,
            (None, None) => bail!("name a file, or a host with --from"),
        };
        services.store().analyze().await?;
        let Imported { added, same } = sum;
        print(format_args!("added {added} connections; {same} were there already"));
        done
    }

    async fn ask(
        &self,
        address: &str,
        services: &Services,
        scope: SiteScope,
        sum: &mut Imported,
    ) -> anyhow::Result<()> {
        let address = host_address(address, self.allow_http)?;
        let host = Host::open(address, self.access()?).await?;
        let mut last = self.since_id;
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
            add(services, scope, rows, sum).await.map_err(explain).with_context(go_on)?;
            last = end;
        }
    }

    fn access(&self) -> anyhow::Result<Access> {
        if let Some(email) = self.email.clone() {
            let site = self.from_site.unwrap_or(self.site);
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
    read_lines(reader, progress(bytes), services, scope, sum).await
}

async fn read_lines(
    mut reader: Box<dyn BufRead + Send>,
    bar: ProgressBar,
    services: &Services,
    scope: SiteScope,
    sum: &mut Imported,
) -> anyhow::Result<()> {
    let (mut batch, mut bytes) = (Batch::default(), vec![]);
    for number in 1.. {
        let line = next_line(&mut reader, &mut bytes);
        let Some(line) = line.with_context(|| batch.place(number))? else { break };
        bar.inc(line.len() as u64 + 1);
        if line.trim().is_empty() {
            continue;
        }
        let row = row(line).with_context(|| batch.place(number))?;
        batch.push(number, row);
        if batch.rows.len() == EXPORT_BATCH_ROWS as usize {
            std::mem::take(&mut batch).add(services, scope, sum).await?;
        }
    }
    batch.add(services, scope, sum).await
}

/// The next line without its end; `None` at the end of the input.
fn next_line<'a>(
    reader: &mut impl BufRead,
    bytes: &'a mut Vec<u8>,
) -> anyhow::Result<Option<&'a str>> {
    bytes.clear();
    let longest = MAX_RECORD_BYTES as u64 + 1;
    if reader.take(longest).read_until(b'\n', bytes).context("it could not be read")? == 0 {
        return Ok(None);
    }
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if line.len() > MAX_RECORD_BYTES {
        bail!("it is longer than the {MAX_RECORD_BYTES} bytes of the longest connection");
    }
    let line = str::from_utf8(line).ok().context("it is not UTF-8")?;
    // Some editors begin a file with a byte order mark.
    Ok(Some(line.strip_prefix('\u{feff}').unwrap_or(line)))
}

/// Connections that are imported together, and the lines that they stand on.
#[derive(Default)]
struct Batch {
    lines: Vec<usize>,
    rows: Vec<Stored>,
}

impl Batch {
    fn push(&mut self, line: usize, row: Stored) {
        self.lines.push(line);
        self.rows.push(row);
    }

    /// Where a line is that ends the import.
    fn place(&self, line: usize) -> String {
        match self.rows.len() {
            0 => format!("line {line}"),
            waiting => format!("line {line}, so the {waiting} before it were not imported"),
        }
    }

    async fn add(
        self,
        services: &Services,
        scope: SiteScope,
        sum: &mut Imported,
    ) -> anyhow::Result<()> {
        let Self { lines, rows } = self;
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(()) };
        let ids: Vec<_> = rows.iter().map(|row| row.connection.id).collect();
        let done = add(services, scope, rows, sum).await;
        done.map_err(|error| {
            let culprit = culprit(&error);
            let found = ids.iter().zip(&lines).filter(|(id, _)| Some(**id) == culprit);
            let found: Vec<_> = found.map(|(_, line)| format!("line {line}: ")).collect();
            let place = format!("{}lines {first} to {last} were not imported", found.concat());
            explain(error).context(place)
        })
    }
}

fn row(line: &str) -> Result<Stored, line::LineError> {
    let value = serde_json::from_str(line).map_err(|_| line::LineError::NotAnObject)?;
    line::read(value)
}

async fn add(
    services: &Services,
    scope: SiteScope,
    rows: Vec<Stored>,
    sum: &mut Imported,
) -> Result<(), ImportError> {
    let done = services.import(scope, rows).await?;
    sum.added += done.added;
    sum.same += done.same;
    Ok(())
}

/// The connection that ended an import.
fn culprit(error: &ImportError) -> Option<ConnectionId> {
    match error {
        ImportError::Different(id) => Some(*id),
        ImportError::Taken(id) => *id,
        ImportError::Store(_) => None,
    }
}

fn explain(error: ImportError) -> anyhow::Error {
    match error {
        ImportError::Different(_) => anyhow!("{error}: change it there or here, or leave it out"),
        ImportError::Taken(_) => {
            anyhow!("{error}: a number belongs to one connection of all sites")
        }
        ImportError::Store(error) => error.into(),
    }
}

async fn open(opened: Opened, site: SiteId) -> anyhow::Result<(Services, SiteScope)> {
    let services = opened.services();
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
