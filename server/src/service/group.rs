//! Group commit: queued changes of connections (patches, undone changes, results of tests) share one load, one write
//! and one fsync. They are decided one after the other over what those before them left. Nobody is waited for: a
//! change that comes alone is a group of its own.

use super::{
    MAX_ATTEMPTS, PatchCaller, PatchRequest, SaveError, Services,
    health::{self, FinishedTest},
    live::Live,
    patch::{self, forgotten_at, parent_of},
    queue::GroupServer,
};
use crate::{
    audit::{Actor, AuditEvent, Auditor, ChainEnd},
    clock::Clock,
    store::{
        self, AuditHead, AuditRow, Changed, GroupChanges, Loaded, Membership, MovedHead,
        PreviousSecret, PreviousSecretValue, Store, StoreError, Stored, Wanted,
    },
};
use jiff::Timestamp;
use shared::{ConnectionId, Field, SaveRefusal, SiteId};
use std::{collections::BTreeMap, sync::Arc};

/// A change that waits for its group.
pub(super) enum Request {
    /// A patch, or a change that is undone by one.
    Patch(PatchCaller, Box<PatchRequest>),
    RecordTest(Box<FinishedTest>),
}

impl Request {
    fn wanted(&self) -> Wanted {
        match self {
            Self::Patch(caller, request) => Wanted {
                user: Some(caller.user()),
                site: caller.site(),
                connection_id: request.id,
                parent_id: parent_of(&request.patch),
            },
            Self::RecordTest(test) => {
                let connection = &test.tested.connection;
                Wanted {
                    user: None,
                    site: connection.site_id,
                    connection_id: connection.id,
                    parent_id: None,
                }
            }
        }
    }

    fn decide(&self, loaded: &Loaded, now: Timestamp) -> Result<Decision, SaveError> {
        match self {
            Self::Patch(caller, request) => {
                let caller = caller.principal(loaded.member.as_ref())?;
                patch::decide(&caller, request, loaded, now)
            }
            Self::RecordTest(test) => health::decide(test, loaded, now),
        }
    }
}

#[derive(Debug)]
pub(super) enum Decision {
    /// The connection stays as it is: nothing is written.
    Unchanged(Box<Stored>),
    Write(Box<ConnectionWrite>),
}

/// What is to be written of a connection.
#[derive(Debug)]
pub(super) struct ConnectionWrite {
    pub(super) after: Stored,
    /// `None` for what the audit log does not tell.
    pub(super) logged: Option<Logged>,
}

/// An event for the audit log, and what is needed to undo the change that it tells.
#[derive(Debug)]
pub(super) struct Logged {
    pub(super) actor: Actor,
    pub(super) event: AuditEvent,
    /// The secrets that were replaced, and what they were given for.
    pub(super) replaced: Vec<(Field, PreviousSecretValue)>,
}

/// What the caller is on the site, if that was loaded, and the connection after the request.
type Answer = Result<(Option<Membership>, Stored), SaveError>;

impl Services {
    /// Has a change written with those that wait beside it. An `Err` of the group is one of each of its requests.
    pub(super) async fn submit(&self, request: Request) -> Answer {
        let partition = self.store.partition_of(request.wanted().site);
        self.changes.serve(partition, request, || GroupWriter::new(self)).await?
    }
}

/// Serves the queue of changes: loads, decides, writes.
pub(super) struct GroupWriter {
    store: Arc<dyn Store>,
    auditor: Auditor,
    clock: Arc<dyn Clock>,
    live: Arc<Live>,
    undo_days: u16,
}

impl GroupServer for GroupWriter {
    type Request = Request;
    type Answer = Answer;

    async fn serve(&self, partition: SiteId, requests: &[&Request]) -> store::Result<Vec<Answer>> {
        let mut tries = 1;
        loop {
            match self.attempt(partition, requests).await {
                // Other servers changed the same. Of a group it may concern one, so each is tried alone first.
                Err(StoreError::Conflict) if requests.len() == 1 && tries < MAX_ATTEMPTS => {
                    tries += 1;
                }
                done => return done,
            }
        }
    }
}

impl GroupWriter {
    fn new(services: &Services) -> Self {
        Self {
            store: services.store.clone(),
            auditor: services.auditor.clone(),
            clock: services.clock.clone(),
            live: services.live.clone(),
            undo_days: services.settings.undo_days,
        }
    }

    /// Loads, decides and writes a group once. Until it returns nothing is durable, and no answer may be sent.
    async fn attempt(
        &self,
        partition: SiteId,
        requests: &[&Request],
    ) -> store::Result<Vec<Answer>> {
        let wanted: Vec<_> = requests.iter().map(|request| request.wanted()).collect();
        let mut tx = self.store.lock_group(partition).await?;
        let (loaded, heads) = tx.load(&wanted).await?;
        let mut overlay = Overlay::new(self, heads);
        let answers = requests
            .iter()
            .zip(loaded)
            .map(|(request, loaded)| overlay.decide(request, loaded))
            .collect();
        let changes = overlay.into_changes();
        if changes.connections.is_empty() {
            // What was read is committed then, so a refusal that is made of it is true.
            tx.end().await?;
        } else {
            tx.write(&changes).await?;
            self.live.wake();
        }
        Ok(answers)
    }
}

/// What a group's changes so far have made of what was loaded. Members change in other transactions, and a channel
/// never changes: connections and audit chains are all that one request can change for the next.
struct Overlay<'a> {
    writer: &'a GroupWriter,
    connections: BTreeMap<(SiteId, ConnectionId), Changed>,
    chains: BTreeMap<SiteId, Chain>,
    events: Vec<AuditRow>,
    secrets: Vec<PreviousSecret>,
}

/// A site's audit chain.
struct Chain {
    loaded_number: i64,
    end: ChainEnd,
}

impl<'a> Overlay<'a> {
    fn new(writer: &'a GroupWriter, heads: Vec<AuditHead>) -> Self {
        let chains = heads.into_iter().map(|head| {
            let (site, loaded_number) = (head.site, head.number);
            (site, Chain { loaded_number, end: ChainEnd::of(site, Some(head)) })
        });
        Self {
            writer,
            connections: BTreeMap::new(),
            chains: chains.collect(),
            events: vec![],
            secrets: vec![],
        }
    }

    /// Decides a request over what those before it left.
    fn decide(&mut self, request: &Request, mut loaded: Loaded) -> Answer {
        let Wanted { site, connection_id: id, .. } = request.wanted();
        if let Some(changed) = self.connections.get(&(site, id)) {
            loaded.connection = Some(changed.after.clone());
        }
        let now = self.writer.clock.now();
        let ConnectionWrite { after, logged } = match request.decide(&loaded, now)? {
            Decision::Unchanged(stored) => return Ok((loaded.member, *stored)),
            Decision::Write(write) => *write,
        };
        // No decision writes to a connection that is not there.
        let Some(before) = loaded.connection else { return Err(SaveRefusal::NotFound.into()) };
        if let Some(logged) = logged {
            self.log((site, id), logged, now)?;
        }
        // The first change of a group says which version must still be stored; later ones only move on from it.
        let changed = Changed { before: before.version, after: after.clone() };
        self.connections.entry((site, id)).or_insert(changed).after = after.clone();
        Ok((loaded.member, after))
    }

    fn log(
        &mut self,
        (site, connection): (SiteId, ConnectionId),
        Logged { actor, event, replaced }: Logged,
        now: Timestamp,
    ) -> store::Result<()> {
        let chain = self.chains.entry(site);
        let chain =
            chain.or_insert_with(|| Chain { loaded_number: 0, end: ChainEnd::of(site, None) });
        let row = self.writer.auditor.link(&mut chain.end, &actor, &event, now)?;
        let expires_at = forgotten_at(now, self.writer.undo_days);
        self.secrets.extend(replaced.into_iter().map(|(field, secret)| {
            let event = row.number;
            PreviousSecret { site, connection, event, field, secret, expires_at }
        }));
        self.events.push(row);
        Ok(())
    }

    fn into_changes(self) -> GroupChanges {
        let moved = self.chains.values().filter(|chain| chain.end.number() > chain.loaded_number);
        let heads = moved.map(|Chain { loaded_number, end }| MovedHead {
            before: *loaded_number,
            after: self.writer.auditor.seal(end),
        });
        GroupChanges {
            heads: heads.collect(),
            connections: self.connections.into_values().collect(),
            events: self.events,
            secrets: self.secrets,
        }
    }
}
