//! How connections fare: what the tests of what is stored leave behind, and until when it holds.

mod shown;

pub use shown::{failure, title};

use super::Services;
use crate::{
    audit::{Actor, Deed},
    clock,
    probe::{Expiry, Failure, Kind, Stage, Step},
    random::random,
    store::{self, AuditDetail, Health, SiteScope, StoreError, Stored, WriteTx},
};
use jiff::Timestamp;
use shared::{
    Channel, Connection, ConnectionPatch, Field, MAX_NUMBER, State, audit::EventKind, health,
};
use std::{future::pending, sync::Arc};
use tokio::sync::mpsc;

/// The fields that a test depends on.
pub(super) const TESTED: [Field; 8] = [
    Field::Host,
    Field::Port,
    Field::UserId,
    Field::Password,
    Field::From,
    Field::Token,
    Field::TargetId,
    Field::Enabled,
];

/// Seconds after a change until its first test: time to see one's mistake.
const SOON: i64 = 15;

/// The first wait after a failure that may pass; each further one is twice as long, up to the usual one.
const RETRY: i64 = 5 * 60;

/// The wait after credentials were refused: who tries wrong ones again and again is locked out.
const REFUSED: i64 = 24 * 60 * 60;

/// How a test ended.
#[derive(Debug)]
pub(super) struct Verdict {
    failure: Option<(Step, Failure)>,
    expires: Option<Expiry>,
    /// The last stage, which the listener has yet to get.
    pub(super) last: Stage,
}

impl Verdict {
    /// Why it failed, if it did.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.failure.as_ref().map(|(_, failure)| failure.clone())
    }
}

impl Services {
    /// Tests a connection and sends all stages but the last to the listener; `None` if nobody did until
    /// the end.
    pub(super) async fn observe(
        &self,
        connection: &Connection,
        told: Option<mpsc::Sender<Stage>>,
    ) -> Option<Verdict> {
        let (tell, stages) = mpsc::channel(1);
        let run = async {
            self.probe.run(connection, &tell).await;
            drop(tell);
        };
        tokio::join!(run, watch(stages, told)).1
    }

    /// Writes down how a test of a connection, as it was stored then, ended. If it was changed
    /// meanwhile, it says nothing of what is stored now, and nothing is written.
    pub(super) async fn record_test(
        &self,
        actor: Actor,
        tested: Stored,
        verdict: Verdict,
    ) -> store::Result<State> {
        let scope = SiteScope::operator(tested.connection.site_id);
        let shared = Arc::new((actor, tested, verdict));
        self.write(scope.site(), move |services, tx| {
            let shared = shared.clone();
            Box::pin(async move { services.record_within(tx, scope, &shared).await })
        })
        .await
    }

    async fn record_within(
        &self,
        tx: &mut dyn WriteTx,
        scope: SiteScope,
        (actor, tested, verdict): &(Actor, Stored, Verdict),
    ) -> store::Result<State> {
        let now = self.now();
        let Some(before) = tx.connection(scope, tested.connection.id).await? else {
            return Ok(State::default());
        };
        let state = |stored: &Stored| stored.health.state(&stored.connection);
        if before.version != tested.version {
            return Ok(state(&before));
        }
        let after = self.after_test(&before, verdict, now)?;
        tx.put_health(scope, &after).await?;
        if state(&before) != state(&after) {
            let about = state(&after).label().to_owned();
            let detail = AuditDetail { about, ..AuditDetail::default() };
            let place = (after.connection.id, after.connection.channel());
            let deed = Deed::on(EventKind::ConnectionTested, place, detail);
            self.auditor.record(tx, scope.site(), actor, deed, now).await?;
        }
        Ok(state(&after))
    }

    fn after_test(
        &self,
        before: &Stored,
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<Stored, StoreError> {
        let mut after = before.clone();
        let Health { worked, expires, .. } = before.health.clone();
        let date = Some(clock::date(now));
        let connection = &mut after.connection;
        let failures: i64 = connection.error.as_deref().and_then(|n| n.parse().ok()).unwrap_or(0);
        let failures = failures.clamp(0, MAX_NUMBER);
        let usual = self.usual_wait();
        let outcome = match &verdict.failure {
            None => State::Working,
            Some((_, failure)) => match failure.kind {
                Kind::Credentials => State::SignInFailed,
                Kind::NotTestable => State::Untested,
                Kind::Settings | Kind::Temporary => State::Failing,
            },
        };
        let wait = match outcome {
            State::SignInFailed => usual.max(REFUSED),
            State::Failing => usual.min(RETRY << failures.min(16)),
            _ => usual,
        };
        (connection.error, connection.remarks) = match &verdict.failure {
            Some((_, Failure { explanation, advice, .. })) if outcome.needs_attention() => (
                Some((failures + 1).min(MAX_NUMBER).to_string()),
                Some(format!("{explanation} {advice}")),
            ),
            _ => (Some("0".to_owned()), None),
        };
        // A tenth sooner or later, so that what began together does not stay together.
        let wait = wait - wait / 10 + below(wait / 5)?;
        let due_at = is_due(&after).then(|| now.as_second() + wait);
        after.health = Health {
            outcome,
            due_at,
            tested: date.clone().filter(|_| outcome != State::Untested),
            worked: if verdict.failure.is_none() { date } else { worked },
            failure: verdict.failure.clone(),
            // A test that failed early did not get as far as to ask.
            expires: verdict.expires.or(expires),
            revision: before.health.revision,
        };
        let says = |stored: &Stored| {
            let Connection { error, remarks, .. } = &stored.connection;
            (error.clone(), remarks.clone())
        };
        if says(before) != says(&after) {
            after.health.revision = after.health.revision.wrapping_add(1);
        }
        Ok(after)
    }

    /// How a connection fares, as its page shows it.
    #[must_use]
    pub fn health(&self, stored: &Stored) -> health::Health {
        shown::shown(stored, self.now())
    }

    /// When a connection that is new here is tested for the first time: many come at once.
    ///
    /// # Errors
    /// If there is no randomness.
    pub(super) fn first_due(&self, stored: &Stored) -> store::Result<Option<i64>> {
        if !is_due(stored) {
            return Ok(None);
        }
        Ok(Some(self.now().as_second() + below(self.usual_wait())?))
    }

    fn usual_wait(&self) -> i64 {
        i64::from(self.settings.test_every) * 60
    }
}

/// Passes the stages on but the last; `None` if the listener leaves before. The last one is sent by whoever
/// stores the verdict: a client that reads the connection then must find it there.
async fn watch(
    mut stages: mpsc::Receiver<Stage>,
    told: Option<mpsc::Sender<Stage>>,
) -> Option<Verdict> {
    let (mut last, mut expires): (Option<Stage>, _) = (None, None);
    let leaves = async {
        match &told {
            Some(told) => told.closed().await,
            None => pending().await,
        }
    };
    tokio::pin!(leaves);
    loop {
        let stage = tokio::select! {
            stage = stages.recv() => stage,
            () = &mut leaves => return None,
        };
        let Some(stage) = stage else { break };
        expires = stage.finding.expires.or(expires);
        let is_last = stage.ends_well() || stage.failure.is_some();
        if let Some(told) = told.as_ref().filter(|_| !is_last) {
            told.send(stage.clone()).await.ok()?;
        }
        last = Some(stage);
    }
    let last = last?;
    let passed = last.ends_well();
    let failure = last.failure.clone().map(|failure| (last.stage, failure));
    (passed || failure.is_some()).then_some(Verdict { failure, expires, last })
}

/// A number below another, at random.
fn below(limit: i64) -> store::Result<i64> {
    Ok(i64::from_le_bytes(random()?).rem_euclid(limit.max(1)))
}

/// Whether the server tests it by itself. It sends a secret nowhere but where it was given for.
pub(super) fn is_due(stored: &Stored) -> bool {
    let connection = &stored.connection;
    connection.get(Field::Enabled) == Some("1")
        && connection.channel() != Channel::Other
        && stored.may_sign_in()
}

/// What holds of a connection's health after a patch: nothing, if a test depends on what was changed.
pub(super) fn forget(after: &mut Stored, patch: &ConnectionPatch, now: Timestamp) {
    if !TESTED.iter().any(|field| patch.get(*field).is_some()) {
        return;
    }
    let due_at = is_due(after).then(|| now.as_second() + SOON);
    let worked = after.health.worked.take();
    after.health = Health { due_at, worked, ..Health::default() };
    (after.connection.error, after.connection.remarks) = (Some("0".to_owned()), None);
}
