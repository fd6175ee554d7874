//! Sends a test message through an outbound connection, as it is stored and was tested. It goes to one address, is the
//! same for all, and is in the activity, so that nobody makes a mail gun of it.

use super::{SaveError, Services, Turn, connection_test::MAX_WAITING_STAGES};
use crate::{
    audit::{Actor, AuditEvent},
    clock,
    probe::{Letter, Stage},
    random::random,
    store::{AuditDetail, AuditRow, Principal, StoreError, Stored, WriteTx},
};
use jiff::Timestamp;
use shared::{
    Channel, ConnectionId, Field, Key, State,
    audit::{ActivityQuery, EventKind},
    channel::TestKind,
    normalise::normalise,
    rules::check_value,
};
use tokio::sync::mpsc;

/// Messages of a user within an hour, and of a site within a day.
pub const MAX_PER_HOUR: usize = 5;
pub const MAX_PER_DAY: usize = 20;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// What is asked for.
#[derive(Debug)]
pub struct MessageRequest {
    pub through: ConnectionId,
    /// As it was typed.
    pub to: String,
    /// Whether it may go to another address than the caller's own.
    pub may_be_others: bool,
}

/// Why no message was sent.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    #[error("the caller may not send test messages")]
    Forbidden,
    #[error("no such outbound connection")]
    NotFound,
    /// The stored settings have not passed their test.
    #[error("the connection has not been tested")]
    NotTested,
    #[error("the recipient is not a bare address")]
    Recipient,
    /// It would go to somebody else, who is to be confirmed.
    #[error("another address than the caller's own")]
    Others(String),
    #[error("the user has sent as many as an hour allows")]
    TooManyOfUser,
    #[error("the site has sent as many as a day allows")]
    TooManyOfSite,
    /// Too many tests run.
    #[error("no turn")]
    Busy(u16),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl super::Retry for MessageError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_conflict())
    }
}

impl Services {
    /// Begins to send a message. Returns the connection's name, and the stages as they are over.
    ///
    /// # Errors
    /// If the caller may not, the connection has not passed its test, or there were too many.
    pub async fn send_test_message(
        &self,
        caller: &Principal,
        request: MessageRequest,
        before_wait: impl FnOnce(),
    ) -> Result<(String, mpsc::Receiver<Stage>), MessageError> {
        if !caller.role.may_edit() {
            return Err(MessageError::Forbidden);
        }
        let stored = self.get(caller.scope(), request.through).await?;
        let stored = stored.filter(sends).ok_or(MessageError::NotFound)?;
        let is_tested = stored.health.outcome == State::Working && stored.may_sign_in();
        if !is_tested {
            return Err(MessageError::NotTested);
        }
        let to = recipient(&request.to).ok_or(MessageError::Recipient)?;
        if !request.may_be_others && !to.eq_ignore_ascii_case(&caller.email) {
            return Err(MessageError::Others(to));
        }
        let turn = match self.turn(caller, before_wait).await {
            Ok(turn) => turn,
            Err(SaveError::Refused(shared::SaveRefusal::TooMany(seconds))) => {
                return Err(MessageError::Busy(seconds));
            }
            Err(_) => return Err(MessageError::Forbidden),
        };
        self.note_message(caller, &stored, &to).await?;
        let name = stored.connection.text(Key::Name).unwrap_or_default().into_owned();
        Ok((name, self.begin_message(turn, stored, to)?))
    }

    /// Writes it down before it is sent, as long as there may be one more.
    async fn note_message(
        &self,
        caller: &Principal,
        stored: &Stored,
        to: &str,
    ) -> Result<(), MessageError> {
        let (scope, actor) = (caller.scope(), Actor::from(caller));
        let subject = (stored.connection.id, stored.connection.channel());
        let to = to.to_owned();
        self.write(caller.site, move |services, tx: &mut dyn WriteTx| {
            let (actor, to) = (actor.clone(), to.clone());
            Box::pin(async move {
                let now = services.now();
                let kind = Some(EventKind::TestMessageSent);
                let query = ActivityQuery { kind, ..ActivityQuery::default() };
                let most = u32::try_from(MAX_PER_DAY).unwrap_or(u32::MAX);
                let rows = services.store.events(scope, &query, most).await?;
                let user = actor.user.map(|user| user.0);
                may_send(rows.iter().map(|(row, _)| row), user, now)?;
                let detail = AuditDetail { about: to, ..AuditDetail::default() };
                let event = AuditEvent::on(EventKind::TestMessageSent, subject, detail);
                services.auditor.record(tx, scope.site(), &actor, event, now).await?;
                Ok(())
            })
        })
        .await
    }

    fn begin_message(
        &self,
        turn: Turn,
        stored: Stored,
        to: String,
    ) -> Result<mpsc::Receiver<Stage>, StoreError> {
        let unique = hex::encode(random::<16>()?);
        let (progress, stages) = mpsc::channel(MAX_WAITING_STAGES);
        let services = self.clone();
        tokio::spawn(async move {
            let now = services.now();
            let letter = Letter { to: &to, sent_at: now, unique: &unique };
            turn.run(services.probe.send(&stored.connection, &letter, now, &progress)).await;
        });
        Ok(stages)
    }
}

/// Whether a connection sends mail.
fn sends(stored: &Stored) -> bool {
    stored.connection.channel().test_kind() == Some(TestKind::Smtp)
}

/// The one bare address that was typed.
fn recipient(typed: &str) -> Option<String> {
    let channel = Channel::EmailOutbound;
    let to = normalise(channel, Field::From, typed)?;
    let is_good = channel.spec(Field::From).is_some_and(|spec| check_value(spec, &to).is_empty());
    (is_good && to.is_ascii()).then_some(to)
}

/// Whether one more may be sent, by those that were, newest first.
fn may_send<'a>(
    sent: impl Iterator<Item = &'a AuditRow>,
    user: Option<i64>,
    now: Timestamp,
) -> Result<(), MessageError> {
    let ages = sent.filter_map(|row| {
        let age = now.as_second() - clock::time(&row.at)?.as_second();
        Some((row.user, age))
    });
    let today: Vec<_> = ages.filter(|(_, age)| *age < DAY).collect();
    let of_user = today.iter().filter(|(of, age)| *of == user && *age < HOUR).count();
    if of_user >= MAX_PER_HOUR {
        Err(MessageError::TooManyOfUser)
    } else if today.len() >= MAX_PER_DAY {
        Err(MessageError::TooManyOfSite)
    } else {
        Ok(())
    }
}
