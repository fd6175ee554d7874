//! How connections fare: what the tests of what is stored leave behind, and until when it holds.

mod finished;
mod shown;

pub(super) use finished::{FinishedTest, decide};
pub use shown::failure;

use super::{SaveError, Services, group::Request};
use crate::{
    audit::Actor,
    probe::{Aftermath, Expiry, Failure, FailureKind, Stage, Step},
    random::random,
    store::{self, Health, StoreError, Stored},
};
use jiff::Timestamp;
use shared::{Connection, ConnectionPatch, Field, SaveRefusal, State, health};
use std::{
    collections::HashMap,
    future::pending,
    sync::{Mutex, PoisonError},
};
use tokio::sync::mpsc;

/// Seconds after a change until its first test: time to see one's mistake.
const RETEST_DELAY: i64 = 15;

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

/// What keeps this server from testing, whatever the connection: an affair of the operator's, in the log once an hour.
#[derive(Debug, Default)]
pub(super) struct OperatorFaults(Mutex<HashMap<String, i64>>);

/// Seconds between two log lines about one fault.
const FAULT_LOG_INTERVAL: i64 = 60 * 60;

impl OperatorFaults {
    /// What was reported within the last hour.
    fn recent(&self, now: i64) -> Vec<String> {
        let faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = faults.iter().filter(|(_, at)| now - **at < FAULT_LOG_INTERVAL);
        let mut recent: Vec<_> = recent.map(|(text, _)| text.clone()).collect();
        recent.sort_unstable();
        recent
    }

    /// Returns whether it was logged.
    fn report(&self, failure: &Failure, now: i64) -> bool {
        // With a field it is about one connection.
        if failure.kind != FailureKind::NotTestable
            || failure.field.is_some()
            || failure.aftermath != Aftermath::Usual
        {
            return false;
        }
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.retain(|_, at| now - *at < FAULT_LOG_INTERVAL);
        if faults.contains_key(&failure.explanation) {
            return false;
        }
        faults.insert(failure.explanation.clone(), now);
        let Failure { explanation, advice, .. } = failure;
        tracing::warn!(%explanation, %advice, "connections cannot be tested");
        true
    }
}

impl Services {
    /// Tests a connection and sends all stages but the last to the listener; `None` if nobody did until
    /// the end.
    pub(super) async fn observe(
        &self,
        connection: &Connection,
        progress: Option<mpsc::Sender<Stage>>,
    ) -> Option<Verdict> {
        let (stage_sender, stages) = mpsc::channel(1);
        let run = async {
            self.probe.run(connection, self.now(), &stage_sender).await;
            drop(stage_sender);
        };
        tokio::join!(run, watch(stages, progress)).1
    }

    /// Writes down how a test of a connection, as it was stored then, ended. Returns the state that it has then.
    pub(super) async fn record_test(
        &self,
        actor: Actor,
        tested: Stored,
        verdict: Verdict,
    ) -> Result<State, SaveError> {
        if let Some((_, failure)) = &verdict.failure {
            self.operator_faults.report(failure, self.now().as_second());
        }
        let (usual_wait, jitter) =
            (self.usual_wait(), i64::from_le_bytes(random().map_err(StoreError::from)?));
        let test = FinishedTest { actor, tested, verdict, usual_wait, jitter };
        match self.submit(Request::RecordTest(Box::new(test))).await {
            Ok((_, stored)) => Ok(stored.health.state(&stored.connection)),
            Err(SaveError::Refused(SaveRefusal::NotFound)) => Ok(State::default()),
            Err(error) => Err(error),
        }
    }

    /// What has kept this server from testing within the last hour, whatever the connection.
    #[must_use]
    pub fn operator_faults(&self) -> Vec<String> {
        self.operator_faults.recent(self.now().as_second())
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
    progress: Option<mpsc::Sender<Stage>>,
) -> Option<Verdict> {
    let (mut last, mut expires): (Option<Stage>, _) = (None, None);
    let leaves = async {
        match &progress {
            Some(progress) => progress.closed().await,
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
        if let Some(progress) = progress.as_ref().filter(|_| !is_last) {
            progress.send(stage.clone()).await.ok()?;
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
        && connection.channel().test_kind().is_some()
        && stored.may_sign_in()
}

/// What holds of a connection's health after a patch: nothing, if a test depends on what was changed.
pub(super) fn forget(after: &mut Stored, patch: &ConnectionPatch, now: Timestamp) {
    let channel = after.connection.channel();
    if !patch.fields().any(|field| channel.affects_test(field)) {
        return;
    }
    let due_at = is_due(after).then(|| now.as_second() + RETEST_DELAY);
    let worked = after.health.worked.take();
    after.health = Health { due_at, worked, ..Health::default() };
    (after.connection.error, after.connection.remarks) = (Some("0".to_owned()), None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_operators_is_logged_once_an_hour() {
        let faults = OperatorFaults::default();
        let app = Failure::new(FailureKind::NotTestable, None, "The app is gone.", "Look at it.");
        assert!(faults.report(&app, 0));
        assert!(!faults.report(&app, 3599));
        assert!(faults.report(&app, 3600));
        let other = Failure { explanation: "The plan has no tests.".into(), ..app.clone() };
        assert!(faults.report(&other, 3600));
        for connections_own in [
            Failure { kind: FailureKind::Credentials, ..other.clone() },
            Failure { field: Some(shared::Key::Port), ..app.clone() },
            Failure { aftermath: Aftermath::LeftAlone, ..app },
        ] {
            assert!(!faults.report(&connections_own, 9999));
        }
    }
}
