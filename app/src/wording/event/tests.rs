use super::*;
use shared::{ConnectionId, audit::EventConnection, view::Moment};

fn change(field: Field, before: Option<&str>, after: Option<&str>) -> FieldChange {
    FieldChange { field, before: before.map(Into::into), after: after.map(Into::into) }
}

fn event(changes: Vec<FieldChange>) -> Event {
    Event {
        number: 7,
        at: Moment { exact: "2026-03-05 09:30:00".into(), ago: "2 hours ago".into() },
        who: "you".into(),
        via: Via::Ui,
        kind: EventKind::ConnectionChanged,
        connection: Some(EventConnection {
            id: ConnectionId(646),
            name: "onebox DEMO".into(),
            channel: Channel::Facebook,
        }),
        changes,
        about: String::new(),
        undid: None,
        can_undo: true,
    }
}

#[test]
fn fields_have_the_names_of_their_channel() {
    let token = change(Field::Password, None, None);
    let name = change(Field::Name, Some("a"), Some("b"));
    let page = change(Field::UserId, Some("1"), Some("2"));
    assert_eq!(sentence(&event(vec![token.clone()])), "you changed Page access token");
    assert_eq!(
        sentence(&event(vec![name.clone(), token.clone()])),
        "you changed Name and Page access token"
    );
    let all = event(vec![name, page, token]);
    assert_eq!(predicate(&all), "changed Name, Facebook page id and Page access token");
    // Facebook has no host, and an event may outlive its connection.
    assert_eq!(label(Some(Channel::Facebook), Field::Host), "Host");
    assert_eq!(label(None, Field::ParentId), "ParentId");
}

#[test]
fn a_way_other_than_the_browser_is_said() {
    let name = vec![change(Field::Name, Some("a"), Some("b"))];
    let api = Event { who: "ann@x.test".into(), via: Via::Api, ..event(name) };
    assert_eq!(sentence(&api), "ann@x.test changed Name through the API");
    let cli = Event { via: Via::Cli, kind: EventKind::ConnectionCreated, ..api };
    assert_eq!(sentence(&cli), "ann@x.test created this connection at the command line");
}

#[test]
fn a_state_has_a_verb_of_its_own() {
    let enabled = |from, to| predicate(&event(vec![change(Field::Enabled, Some(from), Some(to))]));
    assert_eq!(enabled("0", "1"), "enabled it");
    assert_eq!(enabled("1", "0"), "disabled it");
    let both =
        vec![change(Field::Name, None, Some("a")), change(Field::Enabled, Some("1"), Some("0"))];
    assert_eq!(predicate(&event(both)), "changed Name and Enabled");
}

#[test]
fn an_undo_says_what_it_undid() {
    let undo = |changes| Event { undid: Some(3), ..event(changes) };
    let name = undo(vec![change(Field::Name, Some("b"), Some("a"))]);
    assert_eq!(predicate(&name), "undid a change of Name");
    assert_eq!(what(&name), "Change undone");
    assert_eq!(predicate(&undo(vec![])), "undid a change");
    assert_eq!(what(&event(vec![])), "Connection changed");
}

#[test]
fn values_are_shown_but_those_of_secrets() {
    let texts = |field, before, after| value_texts(&change(field, before, after));
    let both = |before: &str, after: &str| Some((before.to_owned(), after.to_owned()));
    assert_eq!(texts(Field::Name, Some("a"), Some("b")), both("“a”", "“b”"));
    assert_eq!(texts(Field::Host, None, Some("x.test")), both("(empty)", "“x.test”"));
    assert_eq!(texts(Field::Enabled, Some("1"), Some("0")), both("yes", "no"));
    assert_eq!(texts(Field::Token, None, None), None);
    // Whatever the data says, no page shows a secret's value.
    assert_eq!(texts(Field::Password, Some("a"), Some("b")), None);
}
