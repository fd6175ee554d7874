//! The use cases, one a file. REST handlers and server functions call the same ones; only the
//! rendering differs. They know the store and the clock, and no HTTP.
//! It is the one place at which the use cases get what they share.

mod account;
mod activity;
mod attempts;
mod authenticate;
mod autodetect;
mod board;
mod bulk;
mod connection_test;
mod create;
mod export;
mod find;
mod group;
mod health;
mod idempotency;
mod import;
mod invite;
mod live;
mod maintain;
mod patch;
mod queue;
mod quota;
mod read;
mod ready;
mod schedule;
mod sign_in_with;
mod site;
pub mod team;
mod test_message;
mod turns;
mod undo;
mod view;
mod voucher;

pub use account::AccountError;
pub use activity::csv_head;
pub use authenticate::{AuthenticateError, SignIn, SignInError, normal_email};
pub use autodetect::NoSearch;
pub use bulk::bulk_preview;
pub use connection_test::{Subject, TestRequest};
pub use create::CreateRequest;
pub use health::failure;
pub use import::{ImportError, Imported};
pub use invite::InviteError;
pub use live::{Credential, ListenError, News};
pub use patch::{PatchCaller, PatchRequest};
pub use quota::{Quota, QuotaUsedUp, Window};
pub use sign_in_with::{NoCode, SignInRequest, SignInWithError, UNDER_WAY};
pub use team::TeamError;
pub use test_message::{MAX_PER_DAY, MAX_PER_HOUR, MessageError, MessageRequest};
pub use turns::{NoTurn, Turn};
pub use undo::{UndoError, Undone};
pub use voucher::Voucher;

use crate::{
    audit::Auditor,
    auth::{Passwords, Tokens},
    clock::Clock,
    keys::ServerKeys,
    probe::{Probe, ProbeSettings},
    provider::{ProviderSettings, Providers},
    shares::Shares,
    store::{self, Membership, Principal, SiteScope, Store, StoreError, Stored, WriteTx},
    supervise::Loops,
};
use attempts::Attempts;
use live::Live;
use queue::Queues;
use shared::{ConnectionId, SaveRefusal, SiteId};
use std::{
    future::Future,
    ops::Deref,
    pin::Pin,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};
use tracing::Instrument;
use turns::Turns;

/// The use cases over one store. Every request has one of its own.
#[derive(Clone)]
pub struct Services(Arc<Parts>);

/// What the use cases have.
pub struct Parts {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    passwords: Arc<Passwords>,
    tokens: Arc<RwLock<Arc<Tokens>>>,
    looked_for_keys: Arc<AtomicI64>,
    auditor: Auditor,
    settings: Arc<Settings>,
    live: Arc<Live>,
    changes: Arc<Queues<group::GroupWriter>>,
    reads: Arc<Queues<read::Reader>>,
    calls: Arc<Queues<quota::Counter>>,
    loops: Loops,
    probe: Arc<Probe>,
    turns: Arc<Turns>,
    downloads: Arc<Shares>,
    searches: Arc<autodetect::RecentSearches>,
    operator_faults: Arc<health::OperatorFaults>,
    attempts: Arc<Attempts>,
    providers: Arc<Providers>,
    /// Host, process and start.
    place: Arc<str>,
    readiness: Arc<ready::Readiness>,
}

impl Deref for Services {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What the operator decides about the use cases.
#[derive(Debug)]
pub struct Settings {
    /// The calls that each site has.
    pub quota: Quota,
    /// Days for which a replaced secret is kept, so that the change can be undone.
    pub undo_days: u16,
    /// What tests of connections may reach.
    pub probe: ProbeSettings,
    /// Minutes between two tests of a connection that works.
    pub test_every: u32,
    /// Where providers are, and as which app they are asked.
    pub providers: ProviderSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            quota: Quota::default(),
            undo_days: 30,
            probe: ProbeSettings::default(),
            test_every: 60,
            providers: ProviderSettings::default(),
        }
    }
}

/// Why a connection was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error(transparent)]
    Refused(#[from] SaveRefusal<Stored>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NoTurn> for SaveError {
    fn from(NoTurn: NoTurn) -> Self {
        SaveRefusal::TooMany(turns::RETRY_AFTER).into()
    }
}

impl Services {
    /// The use cases over a store.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        keys: ServerKeys,
        settings: Settings,
    ) -> Self {
        let providers = Arc::new(Providers::new(settings.providers.clone()));
        let place = ready::place(clock.now()).into();
        let probe = Arc::new(Probe::new(settings.probe.clone(), providers.clone()));
        Self(Arc::new(Parts {
            store,
            clock,
            passwords: Arc::default(),
            tokens: Arc::new(RwLock::new(Arc::new(keys.tokens))),
            looked_for_keys: Arc::default(),
            auditor: keys.auditor,
            settings: Arc::new(settings),
            live: Arc::default(),
            changes: Arc::default(),
            reads: Arc::default(),
            calls: Arc::default(),
            loops: Loops::default(),
            probe,
            turns: Arc::default(),
            downloads: Shares::new(activity::DOWNLOADS),
            searches: Arc::default(),
            operator_faults: Arc::default(),
            attempts: Arc::default(),
            providers,
            place,
            readiness: Arc::default(),
        }))
    }

    /// Where the data is.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// What tells the time.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The background loops that run over these use cases.
    #[must_use]
    pub fn loops(&self) -> &Loops {
        &self.loops
    }

    /// A connection of the site.
    pub async fn get(&self, scope: SiteScope, id: ConnectionId) -> store::Result<Option<Stored>> {
        self.store.connection(scope, id).await
    }

    fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    fn tokens(&self) -> Arc<Tokens> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Anybody can make up a token that names a new key: once a second is enough.
    fn may_look_for_keys(&self) -> bool {
        let now = self.now().as_second();
        self.looked_for_keys.swap(now, Ordering::Relaxed) != now
    }

    /// Whether a caller still is what was read before the transaction began.
    async fn still_may(tx: &mut dyn WriteTx, caller: &Principal) -> store::Result<bool> {
        let now = tx.membership(caller.user, caller.site).await?;
        Ok(is_current(caller, now.as_ref()))
    }

    /// Writes in one transaction of a site, all of it or nothing, and does it again if others wrote
    /// the same at the same time. The work runs in a task of its own: a client that goes away cancels
    /// its request, and that must not leave a transaction open or a commit unanswered.
    async fn write<T, E>(
        &self,
        site: SiteId,
        work: impl for<'a> Fn(&'a Self, &'a mut dyn WriteTx) -> Work<'a, T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Retry + Send + 'static,
    {
        let services = self.clone();
        detached(async move {
            let mut attempts = 1;
            loop {
                let mut tx = services.store.begin(site).await?;
                let done = match work(&services, &mut *tx).await {
                    Ok(done) => tx.commit().await.map(|()| done).map_err(E::from),
                    Err(error) => Err(tx.rollback().await.err().map_or(error, E::from)),
                };
                match done {
                    Err(error) if error.is_conflict() && attempts < MAX_ATTEMPTS => attempts += 1,
                    done => {
                        if done.is_ok() {
                            services.live.wake();
                        }
                        return done;
                    }
                }
            }
        })
        .await
    }

    fn set_tokens(&self, tokens: Tokens) {
        *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tokens);
    }
}

/// Tries of a write while others change the same.
const MAX_ATTEMPTS: u32 = 20;

/// What is written in a transaction.
type Work<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// An error of a write, which may be that of its transaction alone.
trait Retry {
    /// Whether others wrote the same at the same time.
    fn is_conflict(&self) -> bool;
}

impl Retry for StoreError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}

impl Retry for SaveError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(StoreError::Conflict))
    }
}

/// Whether a caller still is what the membership says.
fn is_current(caller: &Principal, membership: Option<&Membership>) -> bool {
    membership.is_some_and(|now| now.version == caller.version && now.role == caller.role)
}

/// Runs a write in a task of its own: a client that goes away cancels its request, and that must
/// not leave a transaction open or a commit unanswered.
async fn detached<T: Send + 'static, E: From<StoreError> + Send + 'static>(
    write: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E> {
    // What it logs stays that of the request.
    let write = tokio::spawn(write.in_current_span());
    write.await.unwrap_or_else(|_| Err(StoreError::Ended.into()))
}
