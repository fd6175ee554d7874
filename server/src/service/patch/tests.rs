use super::*;
use shared::Role;

const SITE: SiteId = SiteId(169);
const USER: UserId = UserId(7);
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn membership(role: Role, version: i64) -> Membership {
    Membership {
        email: "ann@mail.example".into(),
        site_name: "one".into(),
        time_zone: None,
        role,
        version,
    }
}

fn caller(role: Role, via: Via) -> Principal {
    Principal::new(USER, SITE, membership(role, 1), via)
}

/// A mailbox at version 3, and what its editor is.
fn loaded() -> Loaded {
    let (media, provider) = Channel::EmailInbound.codes().unwrap();
    let mut connection = Connection::new(media, Some(provider));
    connection.id = ConnectionId(612);
    connection.site_id = SITE;
    for (field, value) in [
        (Field::Name, "in"),
        (Field::UserId, "ann@mail.example"),
        (Field::From, "ann@mail.example"),
        (Field::Host, "mail.example"),
        (Field::Port, "993"),
        (Field::Password, "old"),
    ] {
        connection.set(field, Some(value.into()));
    }
    let version = Version(3);
    let destination = Some(Destination::of(&connection));
    let password = Stamp { date: None, version, destination };
    let stored = Stored { version, password, ..Stored::new(connection) };
    let member = Some(membership(Role::Editor, 1));
    Loaded { member, connection: Some(stored), ..Loaded::default() }
}

fn patch(values: &[(Field, Option<&str>)]) -> PatchRequest {
    let values = values.iter().map(|(field, value)| (*field, value.map(ToOwned::to_owned)));
    PatchRequest::new(ConnectionId(612), values.collect())
}

fn decided(via: Via, request: &PatchRequest) -> Result<Decision, SaveError> {
    decide(&caller(Role::Editor, via), request, &loaded(), NOW)
}

fn refused(decided: Result<Decision, SaveError>) -> SaveRefusal<Stored> {
    match decided {
        Err(SaveError::Refused(refusal)) => refusal,
        other => panic!("it was not refused: {other:?}"),
    }
}

#[test]
fn a_change_moves_the_version_and_keeps_the_secret_that_it_replaces() {
    let request = patch(&[(Field::Password, Some("new")), (Field::Name, Some("in"))]);
    let Decision::Write(write) = decided(Via::Api, &request).unwrap() else { panic!("nothing") };
    assert_eq!(write.after.version, Version(4));
    assert_eq!(write.after.password.version, Version(4));
    let logged = write.logged.as_ref().unwrap();
    let [(Field::Password, Some((secret, destination)))] = &*logged.replaced else {
        panic!("{:?}", logged.replaced);
    };
    assert_eq!(secret.expose(), "old");
    assert_eq!(*destination, Destination::of(&loaded().connection.unwrap().connection));
}

#[test]
fn a_patch_of_what_is_there_already_changes_nothing() {
    let decided = decided(Via::Api, &patch(&[(Field::Name, Some(" in "))])).unwrap();
    assert!(matches!(decided, Decision::Unchanged(stored) if stored.version == Version(3)));
}

#[test]
fn those_who_may_not_or_may_no_longer_are_refused() {
    let request = patch(&[(Field::Name, Some("other"))]);
    let viewer = caller(Role::Viewer, Via::Api);
    assert!(matches!(refused(decide(&viewer, &request, &loaded(), NOW)), SaveRefusal::Forbidden));
    for member in [None, Some(membership(Role::Editor, 2)), Some(membership(Role::Viewer, 1))] {
        let loaded = Loaded { member, ..loaded() };
        let editor = caller(Role::Editor, Via::Ui);
        assert!(matches!(refused(decide(&editor, &request, &loaded, NOW)), SaveRefusal::Forbidden));
    }
}

#[test]
fn whoever_was_signed_out_since_the_token_was_issued_is_nobody() {
    let caller = PatchCaller::Token(TokenCaller { user: USER, site: SITE, version: 1 });
    assert!(caller.principal(Some(&membership(Role::Editor, 1))).is_ok());
    for now in [None, Some(membership(Role::Editor, 2))] {
        let error = caller.principal(now.as_ref()).unwrap_err();
        assert!(matches!(error, SaveError::Refused(SaveRefusal::SignedOut)), "{error}");
    }
}

#[test]
fn another_version_is_stale_and_another_account_is_asked_about() {
    let request = patch(&[(Field::Name, Some("other"))]);
    let request = PatchRequest { versions: Some(vec![Version(2)]), ..request };
    let SaveRefusal::Stale(now) = refused(decided(Via::Api, &request)) else { panic!("not stale") };
    assert_eq!(now.version, Version(3), "with what there is now");
    let request = patch(&[(Field::UserId, Some("bob@mail.example"))]);
    assert!(matches!(refused(decided(Via::Api, &request)), SaveRefusal::AccountChanged(_)));
    let request = PatchRequest { allow_account_change: true, ..request };
    assert!(matches!(decided(Via::Api, &request), Ok(Decision::Write(_))));
}

#[test]
fn a_browser_gives_the_password_again_for_another_server() {
    let request = patch(&[(Field::Host, Some("other.example"))]);
    let SaveRefusal::Invalid(found) = refused(decided(Via::Ui, &request)) else { panic!("valid") };
    assert!(found.at(Key::Password).is_some(), "{found:?}");
    assert!(matches!(decided(Via::Api, &request), Ok(Decision::Write(_))));
}
