//! What breaks a rule that only the server knows.

use shared::{
    Channel, Code, Field, Key, SiteId, Violation,
    channel::{media, media_label},
};

/// A secret that was given for another destination.
#[must_use]
pub fn give_again(field: Field) -> Violation {
    let message = "Enter the password again: the stored one was entered for another server, port or user \
                   name, and is sent nowhere else.";
    Violation::error(field.key(), Code::Required, message)
}

/// A secret of a provider's sign-in that is over.
#[must_use]
pub fn sign_in_over(field: Field) -> Violation {
    let message = "The sign-in that this comes from is over. Fill the form from a new sign-in.";
    Violation::error(field.key(), Code::Required, message)
}

/// Whoever goes back to the form of a new connection sends it again.
#[must_use]
pub fn form_used() -> Violation {
    let message = "This form has created a connection already, with other values. Look for it in the list. To \
                   create another one, open a new form.";
    Violation::error(Key::Name, Code::Required, message)
}

/// What is added to an account that would change, in a browser.
pub const SAVE_TO_MOVE: &str = " Save once more if the connection is to be moved there.";

/// Another site than the caller's.
#[must_use]
pub fn other_site(own: SiteId) -> Violation {
    let message = format!("Your token is for site {own}. Leave SiteId out.");
    Violation::error(Key::SiteId, Code::OtherSite, message)
}

/// No medium, or one that is not in the documents' table.
#[must_use]
pub fn medium(given: Option<&str>) -> Violation {
    let (code, problem) = match given {
        None => (Code::Required, "missing"),
        Some(_) => (Code::UnknownCode, "unknown"),
    };
    let known = media().map(|(code, _)| code).collect::<Vec<_>>().join(", ");
    Violation::error(Key::MediaId, code, format!("MediaId is {problem}. Enter one of {known}."))
}

/// A provider that is no code at all.
#[must_use]
pub fn no_code() -> Violation {
    let message = "ProviderId is no code. Enter one such as PVD30, or leave it out.";
    Violation::error(Key::ProviderId, Code::UnknownCode, message)
}

/// No provider, or another one than a medium's.
#[must_use]
pub fn provider(given: Option<&str>, media_id: &str, known: &[(Channel, &str)]) -> Violation {
    let (code, problem) = match given {
        None => (Code::Required, "is missing".to_owned()),
        Some(_) => (Code::UnknownCode, format!("is none of {}", media_label(media_id))),
    };
    let known = known.iter().map(|(channel, code)| format!("{code} for {}", channel.label()));
    let known = known.collect::<Vec<_>>().join(" or ");
    Violation::error(Key::ProviderId, code, format!("ProviderId {problem}. Enter {known}."))
}
