//! Tests a connection against its server.

use super::{SaveError, Services};
use crate::{
    probe::Stage,
    store::{Principal, Stored},
};
use shared::{
    Channel, Code, Connection, ConnectionId, ConnectionPatch, Field, Key, Violation, Violations,
    validate,
};
use tokio::sync::mpsc;

/// Stages that may wait to be told.
const WAITING: usize = 8;

/// What is asked for: a connection as it would be after a patch, which is not saved.
#[derive(Debug)]
pub struct TestRequest {
    /// The connection.
    pub id: ConnectionId,
    /// What differs from what is stored.
    pub patch: ConnectionPatch,
}

impl Services {
    /// Begins to test a connection; the stages come as they are over. It ends when nobody listens any
    /// more. Nothing is stored.
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
        let stored = self.get(caller.scope(), request.id).await?.ok_or(SaveError::NotFound)?;
        let connection = to_be_tested(stored, &request.patch).map_err(SaveError::Invalid)?;
        let (told, stages) = mpsc::channel(WAITING);
        let probe = self.probe.clone();
        tokio::spawn(async move { probe.run(&connection, &told).await });
        Ok(stages)
    }
}

/// The connection as it would be after the patch.
fn to_be_tested(stored: Stored, patch: &ConnectionPatch) -> Result<Connection, Violations> {
    let mut connection = stored.connection;
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
        && moves.iter().any(|field| patch.get(*field).is_some())
        && patch.get(Field::Password).is_none()
    {
        // Whoever may not read the password could have it sent to a server of their own.
        let message = "Enter the password again: the one that is kept is not sent to another server, \
                       port or user.";
        return Err(one(Violation::error(Key::Password, Code::Required, message)));
    }
    patch.apply(&mut connection);
    let mut violations = validate::check(channel, &connection);
    violations.extend(validate::check_unused(channel, &patch).0);
    if violations.allow_saving() { Ok(connection) } else { Err(violations) }
}
