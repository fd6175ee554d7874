//! Group commit of patches: those that wait for the same writer are loaded with one statement, decided one after the
//! other over what the ones before them left, written with one statement, committed and answered. Nobody is waited
//! for: a patch that comes alone is a group of its own.

use super::{
    PatchCaller, PatchRequest, SaveError, Services,
    live::Live,
    patch::{Decision, decide, forgotten_at, parent_of},
    queue::Queues,
};
use crate::{
    audit::{Actor, Auditor, ChainEnd},
    clock::Clock,
    store::{
        self, Changed, GroupChanges, Loaded, MovedHead, PreviousSecret, Principal, Store,
        StoreError, Stored, Wanted,
    },
};
use futures_util::FutureExt;
use shared::{ConnectionId, SaveRefusal, SiteId, Version};
use std::{collections::BTreeMap, mem, panic::AssertUnwindSafe, sync::Arc};
use tokio::sync::oneshot;
use tracing::Instrument;

/// Tries of a patch that is written alone after its group was not, against other servers.
const ATTEMPTS: usize = 19;

/// A patch that waits, and where its answer goes.
pub(super) struct Waiting {
    caller: PatchCaller,
    request: PatchRequest,
    answer: oneshot::Sender<Answer>,
}

/// The caller, and the connection after the patch.
type Answer = Result<(Principal, Stored), SaveError>;

impl Services {
    /// Has a patch written with those that wait beside it. The group is written by a task of its own: a client that
    /// goes away does not break it.
    ///
    /// # Errors
    /// As [`Services::patch`].
    pub async fn patch_by(&self, caller: PatchCaller, request: PatchRequest) -> Answer {
        let (answer, answered) = oneshot::channel();
        let group = self.store.group_of(caller.site());
        if self.changes.push(group, Waiting { caller, request, answer }) {
            // Statements that it logs are those of the request that began it.
            tokio::spawn(Writer::new(self, group).run().in_current_span());
        }
        answered.await.unwrap_or(Err(SaveError::Ended))
    }
}

/// Writes groups until nobody waits.
struct Writer {
    changes: Arc<Queues<Waiting>>,
    group: SiteId,
    store: Arc<dyn Store>,
    auditor: Auditor,
    clock: Arc<dyn Clock>,
    live: Arc<Live>,
    undo_days: u16,
}

impl Writer {
    fn new(services: &Services, group: SiteId) -> Self {
        Self {
            changes: services.changes.clone(),
            group,
            store: services.store.clone(),
            auditor: services.auditor.clone(),
            clock: services.clock.clone(),
            live: services.live.clone(),
            undo_days: services.settings.undo_days,
        }
    }

    async fn run(self) {
        let _serving = self.changes.serving(self.group);
        while let Some(group) = self.changes.next(self.group) {
            self.write(group).await;
        }
    }

    /// Writes a group; if that fails, each of it alone.
    async fn write(&self, group: Vec<Waiting>) {
        let requests: Vec<_> =
            group.iter().map(|waiting| (&waiting.caller, &waiting.request)).collect();
        match self.attempt_or_panic(&requests).await {
            Ok(answers) => {
                for (waiting, answer) in group.into_iter().zip(answers) {
                    // Whoever asked may have gone away.
                    let _ = waiting.answer.send(answer);
                }
            }
            Err(error) => self.write_one_by_one(group, error).await,
        }
    }

    /// Writes the patches of a group that failed: the failure may be that of one of them.
    async fn write_one_by_one(&self, group: Vec<Waiting>, error: StoreError) {
        tracing::debug!(%error, members = group.len(), "a group was not written");
        let mut of_all = error.for_others();
        let mut alone =
            Some(error).filter(|error| group.len() == 1 && !matches!(error, StoreError::Conflict));
        for Waiting { caller, request, answer } in group {
            let failed = alone.take().or_else(|| of_all.as_ref()?.for_others());
            let answered = match failed {
                Some(error) => Err(error.into()),
                None => self.write_alone(&caller, &request).await,
            };
            if let Err(SaveError::Store(error)) = &answered {
                of_all = of_all.or_else(|| error.for_others());
            }
            let _ = answer.send(answered);
        }
    }

    async fn write_alone(&self, caller: &PatchCaller, request: &PatchRequest) -> Answer {
        let mut tries = 1;
        loop {
            match self.attempt_or_panic(&[(caller, request)]).await {
                Ok(mut answers) => return answers.pop().unwrap_or(Err(SaveError::Ended)),
                Err(StoreError::Conflict) if tries < ATTEMPTS => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Loads, decides and writes a group once. The answers are true once it returns.
    async fn attempt(
        &self,
        requests: &[(&PatchCaller, &PatchRequest)],
    ) -> store::Result<Vec<Answer>> {
        let wanted: Vec<_> = requests
            .iter()
            .map(|(caller, request)| Wanted {
                user: caller.user(),
                site: caller.site(),
                connection: request.id,
                parent: parent_of(&request.patch),
            })
            .collect();
        let mut tx = self.store.begin_group(self.group).await?;
        let (loaded, heads) = tx.load(&wanted).await?;
        let mut overlay = Overlay::new(self, heads);
        let answers = requests
            .iter()
            .zip(loaded)
            .map(|((caller, request), loaded)| overlay.decide(caller, request, loaded))
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

    /// The same; a decision that panics is a failure, so that the others of its group are written without it. The
    /// transaction is undone as it unwinds, and the panic is logged by the hook.
    async fn attempt_or_panic(
        &self,
        requests: &[(&PatchCaller, &PatchRequest)],
    ) -> store::Result<Vec<Answer>> {
        let attempt = AssertUnwindSafe(self.attempt(requests));
        attempt.catch_unwind().await.unwrap_or(Err(StoreError::Ended))
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

    /// Decides a patch over what those before it left.
    fn decide(
        &mut self,
        caller: &PatchCaller,
        request: &PatchRequest,
        mut loaded: Loaded,
    ) -> Answer {
        let caller = caller.principal(loaded.member.as_ref())?;
        let place = (caller.site, request.id);
        if let Some((_, stored)) = self.connections.get(&place) {
            loaded.connection = Some(stored.clone());
        }
        let now = self.writer.clock.now();
        let change = match decide(&caller, request, None, &loaded, now)? {
            Decision::Nothing(stored) => return Ok((caller, *stored)),
            Decision::Change(change) => *change,
        };
        let Some(before) = loaded.connection else { return Err(SaveRefusal::NotFound.into()) };
        let (_, end) =
            self.chains.entry(caller.site).or_insert_with(|| (0, ChainEnd::of(caller.site, None)));
        let event = self.writer.auditor.link(end, &Actor::from(&caller), &change.deed, now)?;
        let expires_at = forgotten_at(now, self.writer.undo_days);
        self.changes.secrets.extend(change.previous.into_iter().map(|(field, secret)| {
            let (site, connection) = place;
            PreviousSecret { site, connection, event: event.number, field, secret, expires_at }
        }));
        self.changes.events.push(event);
        let (_, stored) =
            self.connections.entry(place).or_insert((before.version, change.after.clone()));
        stored.clone_from(&change.after);
        Ok((caller, change.after))
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
