//! Tests a connection against its server.

use super::{
    SaveError, Services, create,
    health::{TESTED, Verdict},
};
use crate::{
    audit::Actor,
    probe::{Failure, Stage},
    store::{Principal, Stored},
};
use shared::{
    Channel, Code, Connection, ConnectionId, ConnectionPatch, Field, Key, State, Violation,
    Violations, validate,
};
use tokio::sync::mpsc;

/// Stages that may wait to be told.
const WAITING: usize = 8;

/// What is asked for: a connection as it would be after a patch, which is not saved.
#[derive(Debug)]
pub struct TestRequest {
    /// What it is a patch of.
    pub of: Tested,
    /// What differs from it.
    pub patch: ConnectionPatch,
}

/// What a test begins with.
#[derive(Clone, Copy, Debug)]
pub enum Tested {
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
    /// If the caller may not change the connection, there is none, or a value breaks a rule.
    pub async fn test(
        &self,
        caller: &Principal,
        request: TestRequest,
    ) -> Result<mpsc::Receiver<Stage>, SaveError> {
        if !caller.role.may_edit() {
            return Err(SaveError::Forbidden);
        }
        let stored = match request.of {
            Tested::Stored(id) => self.get(caller.scope(), id).await?.ok_or(SaveError::NotFound)?,
            Tested::New(channel) => {
                let (media, provider) = channel.codes().ok_or(SaveError::NotFound)?;
                Stored::new(Connection::new(media, Some(provider)))
            }
        };
        let connection =
            to_be_tested(stored.connection.clone(), &request.patch).map_err(SaveError::Invalid)?;
        let (told, stages) = mpsc::channel(WAITING);
        let (services, actor) = (self.clone(), Actor::from(caller));
        tokio::spawn(async move {
            let verdict = services.observe(&connection, Some(told)).await;
            // Of other values than those that are stored there is nothing to be kept.
            if let Some(verdict) = verdict.filter(|_| connection == stored.connection) {
                services.keep(actor, stored, verdict).await;
            }
        });
        Ok(stages)
    }

    /// Tests a connection as it is stored, and keeps how it went. Returns the state that it has then, and
    /// why it failed, if it did.
    ///
    /// # Errors
    /// If the caller may not, or the connection breaks a rule.
    pub async fn test_stored(
        &self,
        caller: &Principal,
        id: ConnectionId,
    ) -> Result<(State, Option<Failure>), SaveError> {
        if !caller.role.may_edit() {
            return Err(SaveError::Forbidden);
        }
        let stored = self.get(caller.scope(), id).await?.ok_or(SaveError::NotFound)?;
        let connection = to_be_tested(stored.connection.clone(), &ConnectionPatch::default())
            .map_err(SaveError::Invalid)?;
        let verdict = self.observe(&connection, None).await.ok_or(SaveError::Ended)?;
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

/// The connection as it would be after the patch.
fn to_be_tested(
    mut connection: Connection,
    patch: &ConnectionPatch,
) -> Result<Connection, Violations> {
    let channel = connection.channel();
    let one = |violation| Violations(vec![violation]);
    if channel == Channel::Other {
        let message = "Connections of this channel have no test.";
        return Err(one(Violation::error(Key::ProviderId, Code::NotUsed, message)));
    }
    let patch = patch.normalised(channel).real_changes(&connection);
    let moves = [Field::Host, Field::Port, Field::UserId];
    let is_mail = matches!(channel, Channel::EmailInbound | Channel::EmailOutbound);
    if is_mail
        && connection.has(Field::Password)
        && moves.iter().any(|field| patch.get(*field).is_some())
        && patch.get(Field::Password).is_none()
    {
        // Whoever may not read the password could have it sent to a server of their own.
        let message = "Enter the password again: the one that is kept is not sent to another server, \
                       port or user.";
        return Err(one(Violation::error(Key::Password, Code::Required, message)));
    }
    patch.apply(&mut connection);
    if connection.id == ConnectionId::default() {
        create::add_defaults(&mut connection);
    }
    let mut violations = validate::check(channel, &connection);
    violations.extend(validate::check_unused(channel, &patch).0);
    // What a test does not depend on need not be right for it.
    violations.0.retain(|found| TESTED.iter().any(|field| field.key() == found.field));
    if violations.allow_saving() { Ok(connection) } else { Err(violations) }
}
