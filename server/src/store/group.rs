//! What passes between the use cases and a store in a group commit. A group costs one statement that loads, one text
//! that writes (on PostgreSQL one statement, on SQLite several), and one commit, however many changes it has.

use super::{AuditHead, AuditRow, Membership, Result, Stored};
use async_trait::async_trait;
use shared::{Channel, ConnectionId, Destination, Field, Secret, SiteId, UserId, Version};

/// What a change needs to be decided.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Who asks; `None` if the server does by itself, and needs be no member.
    pub user: Option<UserId>,
    pub site: SiteId,
    /// The connection to change.
    pub connection_id: ConnectionId,
    /// The connection that it is to belong to, if that is asked for.
    pub parent_id: Option<ConnectionId>,
}

/// What was found of it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What the user is on the site.
    pub member: Option<Membership>,
    pub connection: Option<Stored>,
    /// The channel of the connection that it is to belong to.
    pub parent_channel: Option<Channel>,
}

/// A secret as it was before a change, with what it was given for; `None` if there was none.
pub type PreviousSecretValue = Option<(Secret, Destination)>;

/// A secret as it was before a change, which is kept so that the change can be undone.
#[derive(Clone, Debug)]
pub struct PreviousSecret {
    pub site: SiteId,
    pub connection: ConnectionId,
    /// The number of the audit row of the change.
    pub event: i64,
    pub field: Field,
    pub secret: PreviousSecretValue,
    /// When it is to be forgotten, in seconds since 1970.
    pub expires_at: i64,
}

/// A connection after its changes.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The version that it was loaded with.
    pub before: Version,
    /// As it is now.
    pub after: Stored,
}

/// The end of a site's audit chain after a group.
#[derive(Clone, Debug)]
pub struct MovedHead {
    /// The number that it was loaded with; 0 if there was none.
    pub before: i64,
    /// As it is now.
    pub after: AuditHead,
}

/// All that a group writes.
#[derive(Clone, Debug, Default)]
pub struct GroupChanges {
    /// The connections, each once.
    pub connections: Vec<Changed>,
    /// What the audit logs say of it.
    pub events: Vec<AuditRow>,
    /// The ends of their chains.
    pub heads: Vec<MovedHead>,
    /// The secrets that were replaced.
    pub secrets: Vec<PreviousSecret>,
}

/// A transaction of a group. Nobody else writes to its sites until it ends; dropped, it changes nothing.
#[async_trait]
pub trait GroupTx: Send {
    /// Begins, and loads what is wanted, in that order, and the ends of the sites' audit chains.
    async fn load(&mut self, wanted: &[Wanted]) -> Result<(Vec<Loaded>, Vec<AuditHead>)>;

    /// Writes all of it, or nothing, and waits until it is durable.
    async fn write(self: Box<Self>, changes: &GroupChanges) -> Result<()>;

    /// Ends without a change. What was read is durable then, so an answer that is made of it is true.
    async fn end(self: Box<Self>) -> Result<()>;
}
