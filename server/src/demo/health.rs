//! How the demo's connections fare: most of them well.

use crate::{
    clock::date,
    probe::{Expiry, Failure, FailureKind, Step},
    store::{Health, Stored},
};
use jiff::{Timestamp, ToSpan};
use shared::{Connection, Field, Key, State, channel::TestKind};

/// Says of a connection how it fared in its last test, the `n`th of them.
pub(super) fn give(stored: &mut Stored, n: i64, now: Timestamp) {
    let connection = &mut stored.connection;
    let tested = now - (1 + n % 58).minutes();
    let outcome = match n {
        _ if n % 11 == 3 => State::Untested,
        _ if n % 41 == 5 => State::SignInFailed,
        _ if n % 53 == 9 => State::Failing,
        _ => State::Working,
    };
    let due_at =
        (connection.get(Field::Enabled) == Some("1")).then(|| now.as_second() + 60 * (1 + n % 60));
    if outcome == State::Untested {
        stored.health = Health { due_at, ..Health::default() };
        return;
    }
    let failure = outcome.needs_attention().then(|| failure(connection, outcome));
    if let Some((_, failure)) = &failure {
        connection.error = Some((1 + n % 4).to_string());
        connection.remarks = Some(failure.remarks());
    }
    let worked = if failure.is_some() { now - (24 * (1 + n % 9)).hours() } else { tested };
    let test = connection.channel().test_kind();
    let is_graph = matches!(test, Some(TestKind::Graph { .. }));
    stored.health = Health {
        outcome,
        due_at,
        tested: Some(date(tested)),
        worked: Some(date(worked)),
        expires: (is_graph && failure.is_none())
            .then(|| Expiry::At(now + (24 * (3 + n % 57)).hours())),
        failure,
        ..Health::default()
    };
}

fn failure(connection: &Connection, outcome: State) -> (Step, Failure) {
    let host = connection.get(Field::Host).unwrap_or_default();
    let new =
        |step, kind, field, explanation: String, advice: &'static str, server_message: &str| {
            let failure = Failure::new(kind, field, explanation, advice);
            let words = Some(server_message).filter(|words| !words.is_empty());
            (step, words.map_or(failure.clone(), |words| failure.saying(words)))
        };
    let is_mail = matches!(connection.channel().test_kind(), Some(TestKind::Imap | TestKind::Smtp));
    match (outcome, is_mail) {
        (State::Failing, true) => new(
            Step::Connect,
            FailureKind::Temporary,
            Some(Key::Port),
            format!("{host} did not take a connection."),
            "Check the host and the port. If both are right, the server may be down: try later.",
            "",
        ),
        (State::Failing, false) => new(
            Step::Page,
            FailureKind::Temporary,
            None,
            format!("{} is busy, or was asked too often.", connection.channel().label()),
            "Nothing has to be changed. Try again later.",
            "",
        ),
        (_, true) => new(
            Step::SignIn,
            FailureKind::Credentials,
            Some(Key::Password),
            "The server refused the user name or the password.".to_owned(),
            "Enter the password again. Many providers want an app password.",
            "[AUTHENTICATIONFAILED] Authentication failed.",
        ),
        _ => new(
            Step::Page,
            FailureKind::Credentials,
            Some(Key::Password),
            "A token has expired.".to_owned(),
            "Sign in with the provider again and take over the new tokens.",
            "",
        ),
    }
}
