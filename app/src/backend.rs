//! The port: what the pages and server functions need of a server. `server` implements it for each
//! request with the caller already bound, and it travels as `Arc<dyn Backend>` in Leptos's context.

mod fill;
mod team;

pub use fill::{FillAccount, FillAccounts, MailHint};
pub use team::{AccountOutcome, Invitation, Invite, Member, Team, TeamOutcome};

use crate::answer::{Current, SaveError};
use async_trait::async_trait;
use leptos::prelude::use_context;
use shared::{
    Channel, ConnectionId, ConnectionPatch, ConnectionView, Provider, Role, SiteId, Version,
    audit::{ActivityPage, ActivityQuery, Event},
    board::{BoardPage, BoardQuery},
    view::Related,
};
use std::sync::Arc;

/// Who is signed in, for the page's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user's e-mail address.
    pub email: String,
    /// The site whose connections are shown.
    pub site: SiteId,
    /// The site's name.
    pub site_name: String,
    /// What the user may do on it.
    pub role: Role,
    /// All sites of the user by number, to switch between; the one above is among them.
    pub sites: Vec<(SiteId, String)>,
    /// The number of the site's last event: what the page shows is at least as new.
    pub last_event: i64,
}

/// The server could not do it; the cause is in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// The server, for the caller of this request. Every page but the sign-in has one: the server
/// sends other callers there.
pub(crate) fn backend() -> Option<Arc<dyn Backend>> {
    use_context()
}

/// What a signed-in caller can do.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Who it is.
    fn account(&self) -> Account;

    /// A page of the board.
    async fn board(&self, query: &BoardQuery) -> Result<BoardPage, Unavailable>;

    /// A connection of the caller's site; `None` if there is none of that number.
    async fn connection(&self, id: ConnectionId) -> Result<Option<Current>, Unavailable>;

    /// What keeps this server from testing, whatever the connection: an affair of its operator's.
    fn operator_faults(&self) -> Vec<String>;

    /// Other connections to the same account.
    async fn same_account(&self, view: &ConnectionView) -> Result<Vec<Related>, Unavailable>;

    /// A new id for a form that is rendered for the caller.
    fn form_id(&self) -> String;

    /// Another site of the caller's that has the connection.
    async fn other_site_of(
        &self,
        id: ConnectionId,
    ) -> Result<Option<(SiteId, String)>, Unavailable>;

    /// Whether one can sign in with a provider here.
    fn can_sign_in(&self, provider: Provider) -> bool;

    /// The accounts that a sign-in opens; `None` if it is not kept.
    async fn fill_accounts(
        &self,
        provider: Provider,
        session: &str,
    ) -> Result<Option<FillAccounts>, Unavailable>;

    /// What to know of the provider of a mail server, if it is a large one's.
    fn mail_hint(&self, host: &str) -> Option<MailHint>;

    /// An empty form for a new connection.
    async fn blank(&self, channel: Channel) -> Result<ConnectionView, Unavailable>;

    /// The last events of a connection, newest first.
    async fn timeline(&self, id: ConnectionId) -> Result<Vec<Event>, Unavailable>;

    /// A page of the site's activity.
    async fn activity(&self, query: &ActivityQuery) -> Result<ActivityPage, Unavailable>;

    /// The site's team; `None` if the caller may not look after it.
    async fn team(&self) -> Result<Option<Team>, Unavailable>;

    /// Changes a connection that was read at `version`; into that of another account only if it may.
    async fn patch(
        &self,
        id: ConnectionId,
        version: Version,
        patch: ConnectionPatch,
        allow_account_change: bool,
        form_id: &str,
    ) -> Result<Current, SaveError>;

    /// Makes a connection.
    async fn create(
        &self,
        channel: Channel,
        patch: ConnectionPatch,
        form_id: &str,
    ) -> Result<ConnectionId, SaveError>;
}
