//! Group commit: queued changes of connections (patches, undone changes, results of tests) share one load, one write
//! and one fsync. They are decided one after the other over what those before them left. Nobody is waited for: a
//! change that comes alone is a group of its own.

use super::{
    PatchCaller, PatchRequest, SaveError, Services,
    health::{self, FinishedTest},
    live::Live,
    patch::{self, forgotten_at, parent_of},
    queue::Together,
};
use crate::{
    audit::{Actor, AuditEvent, Auditor, ChainEnd},
    clock::Clock,
    store::{
        self, Changed, GroupChanges, Loaded, Membership, MovedHead, PreviousSecret,
        PreviousSecretValue, Store, StoreError, Stored, Wanted,
    },
};
use jiff::Timestamp;
use shared::{ConnectionId, Field, SaveRefusal, SiteId, Version};
use std::{collections::BTreeMap, mem, sync::Arc};

/// Tries of a change that is written alone, against other servers.
const ATTEMPTS: usize = 20;

/// What is asked for.
pub(super) enum Request {
    Patch(PatchCaller, Box<PatchRequest>),
    RecordTest(Box<FinishedTest>),
}

impl Request {
    fn wanted(&self) -> Wanted {
        match self {
            Self::Patch(caller, request) => Wanted {
                user: Some(caller.user()),
                site: caller.site(),
                connection: request.id,
                parent: parent_of(&request.patch),
            },
            Self::RecordTest(test) => {
                let connection = &test.tested.connection;
                Wanted {
                    user: None,
                    site: connection.site_id,
                    connection: connection.id,
                    parent: None,
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

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Decision {
    /// The connection stays as it is.
    Nothing(Box<Stored>),
    /// It is to be written.
    Change(Box<Change>),
}

/// A change of a connection.
#[derive(Debug)]
pub(super) struct Change {
    /// The connection after it.
    pub(super) after: Stored,
    /// What the audit log is to say, if it is to say something.
    pub(super) event: Option<(Actor, AuditEvent)>,
    /// The secrets that it replaces, and what they were given for.
    pub(super) previous: Vec<(Field, PreviousSecretValue)>,
}

/// What the caller is on the site, and the connection after the request.
type Answer = Result<(Option<Membership>, Stored), SaveError>;

impl Services {
    /// Has a change written with those that wait beside it.
    pub(super) async fn change(&self, request: Request) -> Answer {
        let group = self.store.group_of(request.wanted().site);
        self.changes.serve(group, request, || Writer::new(self)).await?
    }
}

/// Writes groups.
pub(super) struct Writer {
    store: Arc<dyn Store>,
    auditor: Auditor,
    clock: Arc<dyn Clock>,
    live: Arc<Live>,
    undo_days: u16,
}

impl Together for Writer {
    type Request = Request;
    type Answer = Answer;

    async fn serve(&self, group: SiteId, requests: &[&Request]) -> store::Result<Vec<Answer>> {
        let mut tries = 1;
        loop {
            match self.attempt(group, requests).await {
                Err(StoreError::Conflict) if requests.len() == 1 && tries < ATTEMPTS => tries += 1,
                done => return done,
            }
        }
    }
}

impl Writer {
    fn new(services: &Services) -> Self {
        Self {
            store: services.store.clone(),
            auditor: services.auditor.clone(),
            clock: services.clock.clone(),
            live: services.live.clone(),
            undo_days: services.settings.undo_days,
        }
    }

    /// Loads, decides and writes a group once. The answers are true once it returns.
    async fn attempt(&self, group: SiteId, requests: &[&Request]) -> store::Result<Vec<Answer>> {
        let wanted: Vec<_> = requests.iter().map(|request| request.wanted()).collect();
        let mut tx = self.store.begin_group(group).await?;
        let (loaded, heads) = tx.load(&wanted).await?;
        let mut overlay = Overlay::new(self, heads);
        let answers = requests
            .iter()
            .zip(loaded)
            .map(|(request, loaded)| overlay.decide(request, loaded))
            .collect();
        let changes = overlay.changes();
        if changes.connections.is_empty() {
            tx.end().await?;
        } else {
            tx.write(&changes).await?;
            self.live.wake();
        }
        Ok(answers)
    }
}

/// What a group's changes so far have made of what was loaded.
struct Overlay<'a> {
    writer: &'a Writer,
    connections: BTreeMap<(SiteId, ConnectionId), (Version, Stored)>,
    chains: BTreeMap<SiteId, (i64, ChainEnd)>,
    changes: GroupChanges,
}

impl<'a> Overlay<'a> {
    fn new(writer: &'a Writer, heads: Vec<store::AuditHead>) -> Self {
        let chain = |head: store::AuditHead| {
            (head.site, (head.number, ChainEnd::of(head.site, Some(head))))
        };
        Self {
            writer,
            connections: BTreeMap::new(),
            chains: heads.into_iter().map(chain).collect(),
            changes: GroupChanges::default(),
        }
    }

    /// Decides a request over what those before it left.
    fn decide(&mut self, request: &Request, mut loaded: Loaded) -> Answer {
        let Wanted { site, connection: id, .. } = request.wanted();
        if let Some((_, stored)) = self.connections.get(&(site, id)) {
            loaded.connection = Some(stored.clone());
        }
        let now = self.writer.clock.now();
        let change = match request.decide(&loaded, now)? {
            Decision::Nothing(stored) => return Ok((loaded.member, *stored)),
            Decision::Change(change) => *change,
        };
        let Some(before) = loaded.connection else { return Err(SaveRefusal::NotFound.into()) };
        if let Some((actor, event)) = change.event {
            let (_, end) = self.chains.entry(site).or_insert_with(|| (0, ChainEnd::of(site, None)));
            let row = self.writer.auditor.link(end, &actor, &event, now)?;
            let expires_at = forgotten_at(now, self.writer.undo_days);
            self.changes.secrets.extend(change.previous.into_iter().map(|(field, secret)| {
                let event = row.number;
                PreviousSecret { site, connection: id, event, field, secret, expires_at }
            }));
            self.changes.events.push(row);
        }
        let (_, stored) =
            self.connections.entry((site, id)).or_insert((before.version, change.after.clone()));
        stored.clone_from(&change.after);
        Ok((loaded.member, change.after))
    }

    /// All that is to be written.
    fn changes(mut self) -> GroupChanges {
        let connections = mem::take(&mut self.connections).into_values();
        self.changes.connections =
            connections.map(|(before, after)| Changed { before, after }).collect();
        let moved = self.chains.values().filter(|(before, end)| end.number() > *before);
        self.changes.heads = moved
            .map(|(before, end)| MovedHead {
                before: *before,
                after: self.writer.auditor.seal(end),
            })
            .collect();
        self.changes
    }
}
