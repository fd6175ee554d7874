//! Tests a connection against its server.

use super::{SaveError, Services, Turn, create, health::Verdict};
use crate::{
    audit::Actor,
    probe::{Failure, Stage},
    store::{Principal, StoreError, Stored},
    wording::{connection_test::NO_TEST, violation},
};
use shared::{
    Channel, Code, Connection, ConnectionId, ConnectionPatch, Destination, Field, Key, SaveRefusal,
    State, Violation, Violations, audit::Via, validate,
};
use tokio::sync::mpsc;

/// Stages that may wait for their listener.
pub(super) const MAX_WAITING_STAGES: usize = 8;

/// What is asked for: a connection as it would be after a patch, which is not saved.
#[derive(Debug)]
pub struct TestRequest {
    /// What it is a patch of.
    pub of: Subject,
    /// What differs from it.
    pub patch: ConnectionPatch,
}

/// What a test begins with.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// A connection of this number.
    Stored(ConnectionId),
    /// A connection of this channel that is yet to be made.
    New(Channel),
}

impl Services {
    /// Begins to test a connection; the stages come as they are over. It ends when nobody listens any
    /// more. Nothing is stored but, if what is stored was tested, how it went.
    ///
    /// # Errors
    /// If the caller may not change the connection, there is none, a value breaks a rule, or there is no
    /// turn.
    pub async fn test(
        &self,
        caller: &Principal,
        request: TestRequest,
        before_wait: impl FnOnce(),
    ) -> Result<mpsc::Receiver<Stage>, SaveError> {
        if !caller.role.may_edit() {
            return Err(SaveRefusal::Forbidden.into());
        }
        let stored = match request.of {
            Subject::Stored(id) => {
                self.get(caller.scope(), id).await?.ok_or(SaveRefusal::NotFound)?
            }
            Subject::New(channel) => {
                let (media, provider) = channel.codes().ok_or(SaveRefusal::NotFound)?;
                Stored::new(Connection::new(media, Some(provider)))
            }
        };
        let connection =
            to_be_tested(&stored, &request.patch, caller.via).map_err(SaveRefusal::Invalid)?;
        // Of other values than those that are stored there is nothing to keep. Whether a secret that was
        // typed is the stored one is not to be seen from what is kept, either.
        let gives_secret = request.patch.fields().any(Field::is_secret);
        let is_stored = connection == stored.connection && !gives_secret;
        let turn = self.turn(caller, before_wait).await?;
        let (progress, stages) = mpsc::channel(MAX_WAITING_STAGES);
        let (services, actor) = (self.clone(), Actor::from(caller));
        tokio::spawn(async move {
            let observed = turn.run(services.observe(&connection, Some(progress.clone()))).await;
            let Some(Some(verdict)) = observed else { return };
            let last = verdict.last.clone();
            if is_stored {
                services.keep(actor, stored, verdict).await;
            }
            // Who left meanwhile needs it no more.
            let _ = progress.send(last).await;
        });
        Ok(stages)
    }

    /// A turn to test in, after a short wait if need be; before that, what the caller holds is given up.
    ///
    /// # Errors
    /// If too many tests of the caller, the site or all of them run or wait.
    pub async fn turn(
        &self,
        caller: &Principal,
        before_wait: impl FnOnce(),
    ) -> Result<Turn, SaveError> {
        Ok(self.turns.take(caller, before_wait).await?)
    }

    /// Within a turn, tests a connection as it is stored, and keeps how it went. Returns the state that it has then, and
    /// why it failed, if it did.
    ///
    /// # Errors
    /// If the caller may not, or the connection breaks a rule.
    pub async fn test_stored(
        &self,
        turn: &Turn,
        caller: &Principal,
        id: ConnectionId,
    ) -> Result<(State, Option<Failure>), SaveError> {
        if !caller.role.may_edit() {
            return Err(SaveRefusal::Forbidden.into());
        }
        let stored = self.get(caller.scope(), id).await?.ok_or(SaveRefusal::NotFound)?;
        let connection = to_be_tested(&stored, &ConnectionPatch::default(), caller.via)
            .map_err(SaveRefusal::Invalid)?;
        let verdict = turn.run(self.observe(&connection, None)).await.flatten();
        let verdict = verdict.ok_or(StoreError::Ended)?;
        let failure = verdict.failure();
        let state = self.record_test(Actor::from(caller), stored, verdict).await?;
        Ok((state, failure))
    }

    pub(super) async fn keep(&self, actor: Actor, stored: Stored, verdict: Verdict) {
        if let Err(error) = self.record_test(actor, stored, verdict).await {
            tracing::error!(error = &error as &dyn std::error::Error, "a test was not kept");
        }
    }
}

/// The connection as it would be after the patch, with the secrets that may go where it then points.
fn to_be_tested(
    stored: &Stored,
    patch: &ConnectionPatch,
    via: Via,
) -> Result<Connection, Violations> {
    let before = &stored.connection;
    let channel = before.channel();
    if channel.test_kind().is_none() {
        let no_test = Violation::error(Key::ProviderId, Code::NotUsed, NO_TEST);
        return Err(Violations(vec![no_test]));
    }
    let patch = patch.normalised(channel);
    let mut connection = before.clone();
    patch.apply(&mut connection);
    assert_may_be_sent(stored, &connection, &patch, via)?;
    if connection.id == ConnectionId::default() {
        create::add_defaults(&mut connection);
    }
    let mut violations = validate::check(channel, &connection);
    violations.extend(validate::check_unused(channel, &patch).0);
    let stays_wrong = validate::check(channel, before);
    violations.0.retain(|found| {
        // What a test does not depend on need not be right for it, nor what a rule of today refuses in a
        // record that has it already; but without a value there is nothing to test.
        let is_old = found.code != Code::Required && stays_wrong.0.contains(found);
        found.field.field().is_some_and(|field| channel.affects_test(field)) && !is_old
    });
    if violations.allow_saving() { Ok(connection) } else { Err(violations) }
}

/// A stored secret goes to the destination that it was given for. The API's callers could read it, so they
/// may also have it tested where the record points, but not at a host that only the test names.
fn assert_may_be_sent(
    stored: &Stored,
    connection: &Connection,
    patch: &ConnectionPatch,
    via: Via,
) -> Result<(), Violations> {
    let now = Destination::of(connection);
    let may_read = via == Via::Api && now == Destination::of(&stored.connection);
    let redirected = Field::secrets().filter(|field| {
        let given = stored.stamp(*field).and_then(|stamp| stamp.destination.as_ref());
        connection.has(*field) && patch.get(*field).is_none() && given != Some(&now) && !may_read
    });
    let violations: Violations = redirected.map(violation::give_again).collect();
    if violations.allow_saving() { Ok(()) } else { Err(violations) }
}
