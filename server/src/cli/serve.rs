//! `patchbay serve`

use super::{
    Database,
    database::Opened,
    output::{note, print},
    providers::Providers,
    signals::stop_signal,
    site::zone,
    test_settings::TestSettings,
};
use crate::{
    background,
    clock::{Clock, SystemClock},
    demo::{self, More},
    http::{self, WebOptions},
    keys,
    probe::ProbeSettings,
    service::{Quota, Services, Settings, Window},
};
use anyhow::{Context, bail};
use clap::Args;
use jiff::tz::TimeZone;
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The address to listen on; port 0 takes any that is free
    #[arg(long, env = "PATCHBAY_ADDR", default_value = "127.0.0.1:3000")]
    addr: SocketAddr,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    web: WebOptions,
    /// Fill an empty database with demo sites, users and connections
    #[arg(long)]
    demo: bool,
    /// With --demo: this many more connections
    #[arg(long, requires = "demo", default_value_t = 0)]
    demo_rows: u32,
    /// With --demo-rows: this many more sites, each with as many connections
    #[arg(long, requires = "demo_rows", default_value_t = 0)]
    demo_sites: u32,
    /// API calls that each site has a day outside the free window; no limit if not given
    #[arg(long, env = "PATCHBAY_QUOTA_CALLS")]
    quota_calls: Option<u64>,
    /// The daily window in which API calls are free
    #[arg(long, env = "PATCHBAY_QUOTA_WINDOW", default_value = "18:00-06:00")]
    quota_window: Window,
    /// The time zone of that window, for sites that have none of their own
    #[arg(long, env = "PATCHBAY_TIME_ZONE", default_value = "UTC", value_parser = zone)]
    time_zone: String,
    /// Days for which a replaced secret is kept, sealed, so that the change can be undone
    #[arg(long, env = "PATCHBAY_UNDO_DAYS", default_value_t = 30)]
    undo_days: u16,
    /// Minutes between two tests of a connection that works, 0 for none; with --demo, none if not given
    #[arg(long, env = "PATCHBAY_TEST_EVERY")]
    test_every: Option<u32>,
    #[command(flatten)]
    tests: TestSettings,
    #[command(flatten)]
    providers: Providers,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        if self.demo && !self.addr.ip().is_loopback() {
            bail!(
                "--demo has passwords that everybody knows: it listens on 127.0.0.1 or [::1] only"
            );
        }
        if self.demo && self.web.is_public() {
            bail!("--demo has passwords that everybody knows: leave --public-url out");
        }
        if !self.addr.ip().is_loopback() && !self.web.is_public() {
            note(
                "warning: this listens on the network in plain http, where passwords can be read, and \
                 browsers refuse to sign in: put a proxy with https in front and name it with --public-url",
            );
        }
        let opened = self.database.open_to_serve(self.demo).await?;
        let Opened { store, keys, .. } = opened;
        if keys::end_if_copied(&*store, &keys.auditor, SystemClock.now()).await? {
            tracing::warn!(
                "the database is a copy of the one that was served last: all sessions, tokens and \
                 invitations were ended"
            );
        }
        if self.demo {
            let more = More { rows: self.demo_rows, sites: self.demo_sites };
            demo::fill(&*store, &keys.auditor, &SystemClock, more).await?;
        }
        let quota =
            Quota::new(self.quota_calls, self.quota_window, TimeZone::get(&self.time_zone)?);
        // The demo's mail servers and pages are nowhere.
        let test_every = self.test_every.unwrap_or(if self.demo { 0 } else { TEST_EVERY });
        let settings = Settings {
            quota,
            undo_days: self.undo_days,
            probe: ProbeSettings { client_name: self.web.public_name(), ..self.tests.settings()? },
            test_every: if test_every == 0 { TEST_EVERY } else { test_every },
            providers: self.providers.settings()?,
        };
        let services = Services::new(store.clone(), Arc::new(SystemClock), keys, settings);
        services.report_keys().await?;
        let loops = background::start(&services, test_every > 0);
        let listener = TcpListener::bind(self.addr)
            .await
            .with_context(|| format!("cannot listen on {}", self.addr))?;
        let addr = listener.local_addr()?;
        let stop = stop_signal()?;
        let web = self.web.config();
        let router = crate::router(services.clone(), &web);
        print(format_args!("listening on http://{addr}"));
        if self.demo {
            demo::sign_ins().iter().for_each(print);
        } else if services.store().sites().await?.is_empty() {
            print(FIRST_STEPS);
        }
        let stop = async {
            stop.await;
            tracing::info!("stopping");
            services.end_streams();
        };
        http::serve(listener, router, &web, stop).await;
        services.failures_written().await;
        drop(loops);
        if let Err(error) = services.leave().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not take its report back"
            );
        }
        store.close().await;
        Ok(())
    }
}

/// What an operator sees whose database is empty.
const FIRST_STEPS: &str = "\
There is no site yet, so nobody can sign in. Add one and its first admin, while this server runs:
  patchbay site add 1 \"Our helpdesk\"
  patchbay user add you@helpdesk.example --site 1";

/// Minutes between two tests of a connection that works.
const TEST_EVERY: u32 = 60;
