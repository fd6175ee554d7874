//! The port: what the pages and server functions need of a server. `server` implements it for each
//! request with the caller already bound, and it travels as `Arc<dyn Backend>` in Leptos's context.

mod board;

pub use board::{BoardPage, BoardQuery, BoardRow, Counts, PAGE_SIZE, Sort};

use crate::rpc::SaveError;
use async_trait::async_trait;
use shared::{Channel, ConnectionId, ConnectionPatch, ConnectionView, SiteId, Version};

/// Who is signed in, for the page's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user's e-mail address.
    pub email: String,
    /// The site whose connections are shown.
    pub site: SiteId,
    /// The site's name.
    pub site_name: String,
}

/// The server could not do it; the cause is in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// What a signed-in caller can do.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Who it is.
    fn account(&self) -> Account;

    /// A page of the board.
    async fn board(&self, query: &BoardQuery) -> Result<BoardPage, Unavailable>;

    /// A connection of the caller's site; `None` if there is none of that number.
    async fn connection(&self, id: ConnectionId) -> Result<Option<ConnectionView>, Unavailable>;

    /// An empty form for a new connection.
    async fn blank(&self, channel: Channel) -> Result<ConnectionView, Unavailable>;

    /// Changes a connection that was read at `version`.
    async fn patch(
        &self,
        id: ConnectionId,
        version: Version,
        patch: ConnectionPatch,
    ) -> Result<ConnectionView, SaveError>;

    /// Makes a connection.
    async fn create(
        &self,
        channel: Channel,
        patch: ConnectionPatch,
    ) -> Result<ConnectionId, SaveError>;
}
