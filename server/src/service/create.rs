//! Makes a connection.

use super::{
    SaveError, Services, health,
    idempotency::Claim,
    patch::{ensure_unchanged, ensure_valid, parent_of},
};
use crate::{
    audit::{Actor, AuditEvent},
    clock,
    store::{self, AuditDetail, Principal, Stored, WriteTx},
    wording::violation,
};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    Channel, Connection, ConnectionPatch, Field, Key, SaveRefusal, SiteId, Violations,
    audit::{EventKind, FieldChange},
    channel::media,
};
use std::sync::Arc;

/// Characters of a provider's code, where the documents list none.
const LONGEST_CODE: usize = 16;

/// What a client asks for.
#[derive(Debug, Default)]
pub struct CreateRequest {
    pub media_id: Option<String>,
    /// The provider's code; not every medium has one.
    pub provider_id: Option<String>,
    pub patch: ConnectionPatch,
    /// What the client says of the keys that it may not write: it must be what they become.
    pub read_only: Vec<(Key, Option<String>)>,
    /// Under which a repeated request creates nothing again.
    pub idempotency_key: Option<String>,
}

impl CreateRequest {
    /// A new connection of a channel that has a form.
    #[must_use]
    pub fn of(channel: Channel, patch: ConnectionPatch) -> Self {
        let (media_id, provider_id) = channel.codes().unzip();
        Self {
            media_id: media_id.map(Into::into),
            provider_id: provider_id.map(Into::into),
            patch,
            ..Self::default()
        }
    }

    /// All that decides what is created.
    fn content(&self) -> impl Serialize {
        let Self { media_id, provider_id, patch, read_only, .. } = self;
        let read_only: Vec<_> = read_only.iter().map(|(key, value)| (key.name(), value)).collect();
        ("connection", media_id, provider_id, patch, read_only)
    }
}

impl Services {
    /// Makes a connection on the site.
    ///
    /// # Errors
    /// See [`SaveError`]; whatever it is, nothing was made.
    pub async fn create(
        &self,
        caller: &Principal,
        request: CreateRequest,
    ) -> Result<Stored, SaveError> {
        let (site, caller, request) = (caller.site, caller.clone(), Arc::new(request));
        self.write(site, move |services, tx| {
            let (caller, request) = (caller.clone(), request.clone());
            Box::pin(async move { create(services, tx, &caller, &request).await })
        })
        .await
    }
}

async fn create(
    services: &Services,
    tx: &mut dyn WriteTx,
    caller: &Principal,
    request: &CreateRequest,
) -> Result<Stored, SaveError> {
    if !caller.role.may_edit() || !Services::still_may(tx, caller).await? {
        return Err(SaveRefusal::Forbidden.into());
    }
    let Some(key) = &request.idempotency_key else {
        return create_new(services, tx, caller, request).await;
    };
    let key = services.idempotency_key(key, &request.content());
    match services.claim_key(tx, caller, &key).await? {
        Claim::New => {
            let stored = create_new(services, tx, caller, request).await?;
            tx.use_key(caller.scope(), caller.user, &key, stored.connection.id).await?;
            Ok(stored)
        }
        Claim::Repeated(id) => {
            let id = id.ok_or(SaveRefusal::NotFound)?;
            tx.connection(caller.scope(), id).await?.ok_or(SaveRefusal::NotFound.into())
        }
        Claim::Reused => Err(SaveRefusal::KeyReused.into()),
    }
}

async fn create_new(
    services: &Services,
    tx: &mut dyn WriteTx,
    caller: &Principal,
    request: &CreateRequest,
) -> Result<Stored, SaveError> {
    let (scope, now) = (caller.scope(), services.now());
    let parent = match parent_of(&request.patch) {
        Some(id) => tx.connection(scope, id).await?.map(|parent| parent.connection.channel()),
        None => None,
    };
    let mut stored = decide(scope.site(), request, parent, now)?;
    stored.connection.id = tx.insert(scope, &stored).await?;
    record(services, tx, caller, &stored, now).await?;
    Ok(stored)
}

/// The record that a request makes on a site, without its number. `parent` is the channel of the connection that it is
/// to belong to, if there is one of that number.
fn decide(
    site: SiteId,
    request: &CreateRequest,
    parent: Option<Channel>,
    now: Timestamp,
) -> Result<Stored, SaveError> {
    let media_id = checked_codes(request)?;
    let provider_id = request.provider_id.as_deref().filter(|code| !code.is_empty());
    let mut connection = Connection::new(media_id, provider_id);
    connection.site_id = site;
    let date = clock::date(now);
    connection.create_date = Some(date.clone());
    connection.modify_date = Some(date);
    assert_known(&connection, &request.read_only)?;

    let patch = request.patch.clone().normalised(connection.channel());
    patch.apply(&mut connection);
    add_defaults(&mut connection);
    let checked = ensure_valid(&patch, None, &connection, parent);
    checked.map_err(|error| without_copies(&patch, connection.channel(), error))?;
    let mut stored = Stored::new(connection);
    health::forget(&mut stored, &patch, now);
    Ok(stored)
}

async fn record(
    services: &Services,
    tx: &mut dyn WriteTx,
    caller: &Principal,
    stored: &Stored,
    now: Timestamp,
) -> store::Result<()> {
    let actor = Actor::from(caller);
    services.auditor.record(tx, caller.site, &actor, created(stored), now).await?;
    Ok(())
}

/// The making of a connection, for the audit log.
pub(super) fn created(stored: &Stored) -> AuditEvent {
    let Stored { connection, version, .. } = stored;
    let detail = AuditDetail {
        changes: Field::ALL
            .into_iter()
            .filter(|field| connection.has(*field))
            .map(|field| FieldChange {
                field,
                before: None,
                after: connection.get(field).map(ToOwned::to_owned),
            })
            .collect(),
        version: Some(*version),
        ..AuditDetail::default()
    };
    let place = (connection.id, connection.channel());
    AuditEvent::on(EventKind::ConnectionCreated, place, detail)
}

/// The site is the caller's, and the other keys have no value that a client could know, but null
/// and the defaults.
fn assert_known(
    connection: &Connection,
    read_only: &[(Key, Option<String>)],
) -> Result<(), SaveError> {
    let site = connection.site_id.to_string();
    for (key, value) in read_only {
        match (key, value) {
            (Key::SiteId, Some(value)) if *value != site => {
                let violation = violation::other_site(connection.site_id);
                return Err(SaveRefusal::Invalid(Violations(vec![violation])).into());
            }
            (_, None) => {}
            _ => ensure_unchanged(connection, &[(*key, value.clone())])?,
        }
    }
    Ok(())
}

/// Fields that are left out become copies of others where the channel says so.
pub(super) fn add_defaults(connection: &mut Connection) {
    for (field, original) in connection.channel().copies() {
        if connection.get(*field).is_none() {
            let value = connection.get(*original).map(ToOwned::to_owned);
            connection.set(*field, value);
        }
    }
}

/// A value that is wrong makes its copies wrong, too: only the client's own keys are reported.
fn without_copies(patch: &ConnectionPatch, channel: Channel, error: SaveError) -> SaveError {
    let SaveError::Refused(SaveRefusal::Invalid(mut violations)) = error else { return error };
    for (field, original) in channel.copies() {
        let is_wrong = violations.errors().any(|found| found.field == original.key());
        if is_wrong && patch.get(*field).is_none() {
            violations.0.retain(|found| found.field != field.key());
        }
    }
    SaveRefusal::Invalid(violations).into()
}

/// The codes must be a row of the documents' table. Returns the medium's.
fn checked_codes(request: &CreateRequest) -> Result<&str, SaveError> {
    let refuse = |violation| Err(SaveRefusal::Invalid(Violations(vec![violation])).into());
    let given = request.media_id.as_deref().filter(|media_id| !media_id.is_empty());
    let Some(media_id) = given.filter(|given| media().any(|(code, _)| code == *given)) else {
        return refuse(violation::medium(given));
    };
    let known: Vec<_> = Channel::WITH_FORM
        .into_iter()
        .filter_map(|channel| Some((channel, channel.codes()?)))
        .filter_map(|(channel, (media, code))| (media == media_id).then_some((channel, code)))
        .collect();
    let given = request.provider_id.as_deref().filter(|provider_id| !provider_id.is_empty());
    if known.is_empty()
        && !given.is_none_or(|given: &str| {
            given.len() <= LONGEST_CODE && given.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    {
        return refuse(violation::no_code());
    }
    if known.is_empty() || known.iter().any(|(_, code)| Some(*code) == given) {
        return Ok(media_id);
    }
    refuse(violation::provider(given, media_id, &known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Code;

    const SITE: SiteId = SiteId(169);

    fn outbound(parent: &str) -> CreateRequest {
        let values = [
            (Field::Name, "out"),
            (Field::Host, "mail.example"),
            (Field::Port, "465"),
            (Field::UserId, "help@mail.example"),
            (Field::Password, "secret"),
            (Field::From, "help@mail.example"),
            (Field::ParentId, parent),
        ];
        let patch = values.into_iter().map(|(field, value)| (field, Some(value.to_owned())));
        CreateRequest::of(Channel::EmailOutbound, patch.collect())
    }

    fn at(key: Key, decided: Result<Stored, SaveError>) -> Option<Code> {
        let Err(SaveError::Refused(SaveRefusal::Invalid(found))) = decided else { return None };
        found.errors().find(|violation| violation.field == key).map(|violation| violation.code)
    }

    #[test]
    fn a_record_belongs_to_an_inbound_connection_of_its_site_alone() {
        let decide = |parent| decide(SITE, &outbound("612"), parent, Timestamp::UNIX_EPOCH);
        let stored = decide(Some(Channel::EmailInbound)).unwrap();
        assert_eq!((stored.connection.site_id, stored.version.0), (SITE, 1));
        assert_eq!(stored.connection.create_date, stored.connection.modify_date);
        assert_eq!(at(Key::ParentId, decide(Some(Channel::Facebook))), Some(Code::NotInbound));
        assert_eq!(at(Key::ParentId, decide(None)), Some(Code::NoSuchConnection));
    }

    #[test]
    fn what_clients_may_not_write_is_what_it_becomes() {
        let decide = |key, value: &str| {
            let read_only = vec![(key, Some(value.to_owned()))];
            let request = CreateRequest { read_only, ..outbound("612") };
            decide(SITE, &request, Some(Channel::EmailInbound), Timestamp::UNIX_EPOCH)
        };
        assert!(decide(Key::SiteId, "169").is_ok());
        assert_eq!(at(Key::SiteId, decide(Key::SiteId, "170")), Some(Code::OtherSite));
        let written = decide(Key::Id, "7").unwrap_err();
        assert!(matches!(written, SaveError::Refused(SaveRefusal::ReadOnly(Key::Id))), "{written}");
    }
}
