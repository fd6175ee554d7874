//! The use cases, one a file. REST handlers and server functions call the same ones; only the
//! rendering differs. They know the store and the clock, and no HTTP.

mod authenticate;
mod board;
mod create;
mod find;
mod patch;
mod quota;
mod view;

pub use authenticate::AuthenticateError;
pub use create::CreateRequest;
pub use patch::PatchRequest;
pub use quota::{Quota, QuotaUsedUp, Window};

use crate::{
    auth::{Passwords, Tokens},
    clock::Clock,
    store::{self, SiteScope, Store, StoreError, Stored},
};
use shared::{ConnectionId, Key, Violations};
use std::{future::Future, sync::Arc};

/// The use cases over one store.
#[derive(Clone)]
pub struct Services {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    passwords: Arc<Passwords>,
    tokens: Arc<Tokens>,
    quota: Arc<Quota>,
}

/// Why a connection was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The site has no connection of that number.
    #[error("no such connection")]
    NotFound,
    /// The client would change what it may not.
    #[error("{0} is read-only")]
    ReadOnly(Key),
    /// The record would break rules.
    #[error("rules are broken")]
    Invalid(Violations),
    /// Somebody else changed it since the client read it. This is how it stands now.
    #[error("the connection was changed by somebody else")]
    Stale(Box<Stored>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The use case was ended before it could finish.
    #[error("the task was ended")]
    Ended,
}

impl Services {
    /// The use cases over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, tokens: Tokens, quota: Quota) -> Self {
        Self {
            store,
            clock,
            passwords: Arc::default(),
            tokens: Arc::new(tokens),
            quota: Arc::new(quota),
        }
    }

    /// Where the data is.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// What tells the time.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// What tells the time, to be kept.
    #[must_use]
    pub fn shared_clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The site's calls to the API.
    #[must_use]
    pub fn quota(&self) -> &Quota {
        &self.quota
    }

    /// A connection of the site.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn get(&self, scope: SiteScope, id: ConnectionId) -> store::Result<Option<Stored>> {
        self.store.connection(scope, id).await
    }
}

/// Runs a write in a task of its own: a client that goes away cancels its request, and that must
/// not leave a transaction open or a commit unanswered.
async fn detached<T: Send + 'static>(
    write: impl Future<Output = Result<T, SaveError>> + Send + 'static,
) -> Result<T, SaveError> {
    tokio::spawn(write).await.unwrap_or(Err(SaveError::Ended))
}
