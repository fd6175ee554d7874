//! Made-up data.

use app::backend::{Account, Invite, Member, Team};
use shared::{
    Channel, ConnectionId, ConnectionView, Field, Role, SiteId, State, Version,
    audit::{Event, EventConnection, EventKind, FieldChange, Person, Via},
    board::{BoardPage, BoardRow, Counts, Filter},
    connection_test::StageFailure,
    health::{Expiry, Health},
    view::{Moment, SecretView},
};

pub fn moment() -> Moment {
    Moment { exact: "2026-03-05 09:30:00".into(), ago: "2 hours ago".into() }
}

pub fn account(role: Role) -> Account {
    Account {
        email: "ann@helpdesk.test".into(),
        site: SiteId(169),
        site_name: "Our helpdesk".into(),
        role,
        sites: vec![(SiteId(7), "Their helpdesk".into()), (SiteId(169), "Our helpdesk".into())],
        last_event: 41,
    }
}

pub fn board() -> BoardPage {
    let row = BoardRow {
        id: ConnectionId(646),
        channel: Channel::Instagram,
        channel_label: "Instagram".into(),
        name: "onebox DEMO".into(),
        account: "110334703943674".into(),
        state: State::SignInFailed,
        problem: Some("The page access token has expired. Sign in again.".into()),
        changed: Some(moment()),
    };
    let counts =
        Counts { shown: 1, all: 1, states: vec![(Filter::Attention, 1)], ..Counts::default() };
    BoardPage { rows: vec![row], counts, earlier: None, later: None }
}

/// Its tokens have expired.
pub fn health() -> Health {
    let failure = StageFailure {
        explanation: "The page access token has expired.".into(),
        advice: "Sign in again.".into(),
        field: Channel::Instagram.spec(Field::Token),
        server_message: Some("Session has expired".into()),
        not_testable: false,
    };
    Health {
        state: State::SignInFailed,
        tested: Some(moment()),
        worked: None,
        failure: Some(("See the page", failure)),
        expiry: Expiry::At { end: moment(), soon: true },
    }
}

pub fn view() -> ConnectionView {
    let secret =
        SecretView { tail: Some("ZDZD".into()), changed: Some(moment()), version: Version(1) };
    let values = [
        (Field::Name, "onebox DEMO"),
        (Field::UserId, "110334703943674"),
        (Field::TargetId, "17841432079529884"),
        (Field::From, "17841432079529884"),
        (Field::Enabled, "1"),
        (Field::Priority, "1"),
    ];
    ConnectionView {
        id: Some(ConnectionId(646)),
        version: Version(3),
        values: values.map(|(field, value)| (field, value.to_owned())).into_iter().collect(),
        secrets: [Field::Password, Field::Token]
            .map(|field| (field, secret.clone()))
            .into_iter()
            .collect(),
        modified: Some(moment()),
        ..ConnectionView::blank(Channel::Instagram, vec![])
    }
}

/// Newest first; the caller may undo the first of them.
pub fn events(can_undo: bool) -> Vec<Event> {
    let plain = |field, before: &str, after: &str| FieldChange {
        field,
        before: Some(before.to_owned()),
        after: Some(after.to_owned()),
    };
    let secret = FieldChange { field: Field::Token, before: None, after: None };
    let event = |number, who: &str, kind, changes| Event {
        number,
        at: moment(),
        who: who.to_owned(),
        via: Via::Ui,
        kind,
        connection: Some(EventConnection {
            id: ConnectionId(646),
            name: "onebox DEMO".into(),
            channel: Channel::Instagram,
        }),
        changes,
        about: String::new(),
        undid: None,
        can_undo: false,
    };
    let changed = EventKind::ConnectionChanged;
    let name = vec![plain(Field::Name, "onebox <b>", "onebox DEMO")];
    let both = vec![plain(Field::UserId, "1", &"9".repeat(60)), secret.clone()];
    vec![
        Event { can_undo, ..event(9, "you", changed, name) },
        Event { via: Via::Api, ..event(8, "bob@helpdesk.test", changed, vec![secret]) },
        Event { undid: Some(5), ..event(7, "bob@helpdesk.test", changed, both) },
        Event {
            connection: None,
            about: "eve@helpdesk.test".into(),
            ..event(6, "you", EventKind::MemberInvited, vec![])
        },
        event(1, "you", EventKind::ConnectionCreated, vec![]),
    ]
}

pub fn people() -> Vec<Person> {
    vec![Person { id: 1, email: "ann@helpdesk.test".into() }]
}

pub fn team() -> Team {
    let member = |user, email: &str, role, enabled, is_you: bool| Member {
        user,
        email: email.to_owned(),
        role,
        enabled,
        last_sign_in: is_you.then(moment),
        is_you,
    };
    let invite = Invite {
        id: 4,
        email: "eve@helpdesk.test".into(),
        role: Role::Viewer,
        expires: "2026-03-08 09:30:00".into(),
    };
    Team {
        members: vec![
            member(1, "ann@helpdesk.test", Role::Admin, true, true),
            member(2, "bob@helpdesk.test", Role::Editor, true, false),
            member(3, "cat@helpdesk.test", Role::Viewer, false, false),
        ],
        invites: vec![invite],
    }
}
