//! `patchbay serve`

use super::Database;
use crate::{
    auth::{Tokens, random},
    clock::SystemClock,
    demo,
    service::{Quota, Services, Window},
    store::Store,
};
use anyhow::{Context, bail};
use clap::Args;
use jiff::tz::TimeZone;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The address to listen on; port 0 takes any that is free
    #[arg(long, env = "PATCHBAY_ADDR", default_value = "127.0.0.1:3000")]
    addr: SocketAddr,
    #[command(flatten)]
    database: Database,
    /// Fill an empty database with demo sites, users and connections
    #[arg(long)]
    demo: bool,
    /// With --demo: this many more connections
    #[arg(long, requires = "demo", default_value_t = 0)]
    demo_rows: u32,
    /// API calls that each site has a day outside the free window; no limit if not given
    #[arg(long, env = "PATCHBAY_QUOTA_CALLS")]
    quota_calls: Option<u64>,
    /// The daily window in which API calls are free
    #[arg(long, env = "PATCHBAY_QUOTA_WINDOW", default_value = "18:00-06:00")]
    quota_window: Window,
    /// The time zone of that window
    #[arg(long, env = "PATCHBAY_TIME_ZONE", default_value = "UTC")]
    time_zone: String,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        if self.demo && !self.addr.ip().is_loopback() {
            bail!(
                "--demo has passwords that everybody knows: it listens on 127.0.0.1 or [::1] only"
            );
        }
        let zone = TimeZone::get(&self.time_zone)
            .with_context(|| format!("{} is no time zone such as Asia/Jakarta", self.time_zone))?;
        let store = self.database.open().await?;
        if self.demo {
            demo::fill(&*store, &SystemClock, self.demo_rows).await?;
        }
        let tokens = tokens(&*store).await?;
        let quota = Quota::new(self.quota_calls, self.quota_window, zone);
        let services = Services::new(store.clone(), Arc::new(SystemClock), tokens, quota);
        let listener = TcpListener::bind(self.addr)
            .await
            .with_context(|| format!("cannot listen on {}", self.addr))?;
        let addr = listener.local_addr()?;
        let stop = stop_signal()?;
        let server = axum::serve(listener, crate::router(services)).with_graceful_shutdown(stop);
        println!("listening on http://{addr}");
        if self.demo {
            demo::print_sign_in();
        }
        server.await?;
        store.close().await;
        Ok(())
    }
}

/// The key that signs tokens, made at the first start.
async fn tokens(store: &dyn Store) -> anyhow::Result<Tokens> {
    if let Some((id, secret)) = store.signing_key().await? {
        return Ok(Tokens::new(id, &secret));
    }
    let (id, secret) = (hex::encode(random::<8>()?), random::<32>()?);
    let mut tx = store.begin().await?;
    tx.insert_signing_key(&id, &secret).await?;
    tx.commit().await?;
    Ok(Tokens::new(id, &secret))
}

/// Ends when the system or the user asks the server to stop; what runs then is finished.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}
