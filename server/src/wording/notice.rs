//! What pages say after a post.

use crate::{
    probe::Source,
    service::{MAX_PER_DAY, MAX_PER_HOUR, MessageError, NoSearch},
};
use shared::{
    SiteId,
    bulk::{BulkAction, BulkRow},
};

/// When a form is shown again that a secret was typed into.
pub const SECRETS_NOT_KEPT: &str = " Enter the password or token again: secrets are not kept.";

/// When a form comes back after its user signed in again.
pub const SIGNED_IN_AGAIN: &str =
    "You are signed in again. Nothing was saved: check what you typed.";

#[must_use]
pub fn typed_under_another_account(email: &str) -> String {
    format!(" It was typed under another account; you are {email} now.")
}

#[must_use]
pub fn typed_on_another_site(there: SiteId, here: SiteId) -> String {
    format!(" It was typed on site {there}; this is site {here}.")
}

#[must_use]
pub fn switched_site(site: SiteId) -> String {
    format!("You switched to site {site} in another tab.")
}

#[must_use]
pub fn opened_under_another_account(email: &str) -> String {
    format!("This page was opened under another account, and you are signed in as {email} now.")
}

#[must_use]
pub fn nothing_done(problem: &str) -> String {
    format!("{problem} Nothing was done: check, then do it again.")
}

#[must_use]
pub fn nothing_saved(problem: &str, is_here: bool, about_secrets: &str) -> String {
    let what_now = if is_here {
        "Nothing was saved. Save to do it as yourself."
    } else {
        "Switch back to save."
    };
    format!("{problem} {what_now}{about_secrets}")
}

/// Why an invitation was not accepted.
pub const MEMBER_ALREADY: &str = "You are a member of this site already. Sign in instead.";
pub const NOT_YOUR_PASSWORD: &str =
    "This is not your password. Enter the one that you sign in with.";
pub const TOO_MANY_SIGN_INS: &str = "Too many sign-ins at once. Try again in a moment.";

#[must_use]
pub fn too_many_attempts(seconds: i64) -> String {
    format!("Too many attempts. Wait {seconds} seconds, then try again.")
}

/// Why no settings were searched for.
#[must_use]
pub const fn no_search(error: NoSearch) -> &'static str {
    match error {
        NoSearch::TooMany => {
            "You have searched often within a minute. Wait a moment, then try again."
        }
        _ => "This is not an e-mail address. Enter one such as help@example.com.",
    }
}

/// Where settings come from.
#[must_use]
pub fn source_of_settings(source: Source) -> String {
    match source {
        Source::Provider(name) => format!("{name}’s server"),
        Source::Autoconfig => "published by the domain (autoconfig)".to_owned(),
        Source::Srv => "published by the domain (SRV record)".to_owned(),
        Source::Usual => "a usual name; a server answers there".to_owned(),
    }
}

/// Why no test message was sent.
#[must_use]
pub fn no_message(error: &MessageError) -> String {
    match error {
        MessageError::NotTested => {
            "Test the connection first: a message goes out through settings that passed.".to_owned()
        }
        MessageError::Recipient => {
            "Send to is not an e-mail address. Enter one address such as help@example.com."
                .to_owned()
        }
        MessageError::TooManyOfUser => format!(
            "You have sent {MAX_PER_HOUR} test messages within an hour on this site. Wait, then send the next one."
        ),
        MessageError::TooManyOfSite => format!(
            "This site has sent {MAX_PER_DAY} test messages within a day. Send the next one tomorrow."
        ),
        _ => TRY_AGAIN.to_owned(),
    }
}

/// What is unusual about values that were saved.
#[must_use]
pub fn saved_although(warnings: &[String]) -> String {
    format!("It was saved. Look at it once more: {}", warnings.join(" "))
}

/// What a bulk action would do to a connection that is enabled, or not.
#[must_use]
pub const fn bulk_preview(action: BulkAction, is_enabled: bool) -> &'static str {
    match (action, is_enabled) {
        (BulkAction::Test, _) => "It is tested.",
        (BulkAction::Enable, false) => "It is enabled and tested.",
        (BulkAction::Enable, true) => "Nothing: it is enabled.",
        (BulkAction::Disable, true) => "It is disabled, and no longer tested.",
        (BulkAction::Disable, false) => "Nothing: it is disabled.",
    }
}

/// Why a bulk action did nothing to a connection.
pub const ALREADY_SO: &str = "nothing had to be done.";
pub const NOT_YOURS: &str = "Your role may not do it.";
pub const NOT_THERE: &str = "It is not there any more.";
pub const TRY_AGAIN: &str = "It did not work. Try again.";

/// What a bulk action did, and what not.
#[must_use]
pub fn bulk_done(action: BulkAction, rows: &[BulkRow]) -> String {
    let (done, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.good);
    let done_label = match action {
        BulkAction::Test => "Tested",
        BulkAction::Enable => "Enabled",
        BulkAction::Disable => "Disabled",
    };
    let connections = if done.len() == 1 { "connection" } else { "connections" };
    let mut sentences = vec![format!("{done_label} {} {connections}.", done.len())];
    sentences.extend(others.iter().map(|row| format!("{}: {}", row.name, row.text)));
    sentences.join(" ")
}
