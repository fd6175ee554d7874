//! The result of a sign-in with a provider (the documents' get-session APIs): from its JSON to the
//! accounts that it opens, and to what each of them is in the fields of a connection.

use crate::{Channel, ConnectionPatch, Field};
use serde_json::Value;

/// Whom one signs in with, by the name that the addresses have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Facebook pages.
    Facebook,
    /// Instagram accounts, which are signed in to through Facebook.
    Instagram,
    /// Twitter.
    Twitter,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Facebook, Self::Instagram, Self::Twitter];

    /// The name in addresses, as the documents spell it.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Instagram => "instagraph",
            Self::Twitter => "twitter",
        }
    }

    /// The provider of a name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.slug() == slug)
    }

    /// The channel whose connections it fills.
    #[must_use]
    pub fn channel(self) -> Channel {
        Channel::WITH_FORM
            .into_iter()
            .find(|channel: &Channel| channel.provider() == Some(self))
            .unwrap_or(Channel::Other)
    }

    /// The name of who asks for the password.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Facebook | Self::Instagram => "Facebook",
            Self::Twitter => "Twitter",
        }
    }
}

/// The text is no result of a sign-in. What it is is not said: it may hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSession;

/// An account that a sign-in opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Its id at the provider.
    pub id: String,
    /// The page that it belongs to, if it is not the page itself.
    pub page: Option<String>,
    /// What a connection to it holds.
    pub patch: ConnectionPatch,
}

/// An account that a sign-in lists and that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableAccount {
    /// Its name, or what stands for one.
    pub name: String,
    /// Its id at the provider; empty if it has none.
    pub id: String,
    /// What is in the way.
    pub why: Unusable,
}

/// Why an account cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// The provider gave no id.
    NoId,
    /// The provider gave no token for it.
    NoToken,
    /// The user's role on the page does not include messages.
    NoMessages,
    /// No account at Instagram is linked to the page.
    NotLinked,
}

/// What a sign-in opens, in the order in which the provider gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Those that a connection can be to.
    pub candidates: Vec<Candidate>,
    /// The others.
    pub unusable: Vec<UnusableAccount>,
    /// Whether the provider has more, or may have.
    pub is_cut: bool,
}

/// What a sign-in opens. One account that is odd does not hide the others.
///
/// # Errors
/// If the text is not what the get-session API of this provider answers.
pub fn accounts(provider: Provider, json: &str) -> Result<Accounts, NoSession> {
    // What serde says of a mistake may quote a secret.
    let mut session: Value =
        serde_json::from_str(json.trim_start_matches(BOM)).map_err(|_| NoSession)?;
    // An answer of the API, with its envelope.
    if let Some(records) = session.get_mut("records").filter(|records| records.is_object()) {
        session = records.take();
    }
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
    if provider == Provider::Twitter {
        let profile = session.get("profile").ok_or(NoSession)?;
        let candidate = twitter(|key| id_of(profile, key));
        return Ok(Accounts {
            candidates: vec![candidate.ok_or(NoSession)?],
            ..Accounts::default()
        });
    }
    let token = text(&session, "token").filter(|token| !token.is_empty()).ok_or(NoSession)?;
    let is_cut = session.get("accountsCut").and_then(Value::as_bool).unwrap_or_default();
    let mut found = Accounts { is_cut, ..Accounts::default() };
    for account in session.get("accounts").and_then(Value::as_array).into_iter().flatten() {
        match page(account) {
            Ok(page) if provider == Provider::Facebook => {
                found.candidates.push(page.candidate(&token));
            }
            Ok(page) => {
                let linked = page.instagram(account, &token);
                if linked.is_empty() {
                    found.unusable.push(page.unusable(Unusable::NotLinked));
                }
                found.candidates.extend(linked);
            }
            Err(unusable) => found.unusable.push(unusable),
        }
    }
    Ok(found)
}

/// The byte order mark, which some programs write in front of JSON.
const BOM: char = '\u{feff}';

/// Characters of a name that are taken over: as many as a connection's name may have.
const MAX_NAME_CHARS: usize = 100;

/// A page with its token.
struct Page {
    id: String,
    name: String,
    token: String,
}

/// Reads a page of the list.
fn page(account: &Value) -> Result<Page, UnusableAccount> {
    let id = id(account);
    let name = name([account.get("name")], || format!("Page {}", id.as_deref().unwrap_or("?")));
    let unusable = |why| {
        let (name, id) = (name.clone(), id.clone().unwrap_or_default());
        UnusableAccount { name, id, why }
    };
    let token =
        account.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty());
    let tasks = account.get("tasks").and_then(Value::as_array).filter(|tasks| !tasks.is_empty());
    let has_messages = tasks.is_none_or(|tasks| {
        tasks.iter().filter_map(Value::as_str).any(|task| TASKS.contains(&task))
    });
    match (id.clone(), token) {
        (None, _) => Err(unusable(Unusable::NoId)),
        (_, None) => Err(unusable(Unusable::NoToken)),
        _ if !has_messages => Err(unusable(Unusable::NoMessages)),
        (Some(id), Some(token)) => Ok(Page { id, name, token: token.to_owned() }),
    }
}

/// The tasks on a page that include its messages (Meta's reference of pages).
const TASKS: [&str; 5] =
    ["MANAGE", "MESSAGING", "MODERATE", "PROFILE_PLUS_MANAGE", "PROFILE_PLUS_MESSAGING"];

fn id(of: &Value) -> Option<String> {
    id_of(of, "id")
}

/// An id, which some programs write as a number.
fn id_of(of: &Value, key: &str) -> Option<String> {
    match of.get(key)? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The first name that is one, as a connection can hold it.
fn name<'a>(
    names: impl IntoIterator<Item = Option<&'a Value>>,
    otherwise: impl FnOnce() -> String,
) -> String {
    let names = names.into_iter().filter_map(|name| name?.as_str()).map(|name| {
        let name = name.replace(|char: char| char.is_control(), " ");
        name.trim().chars().take(MAX_NAME_CHARS).collect::<String>()
    });
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(otherwise)
}

fn patch(values: [(Field, &str); 6]) -> ConnectionPatch {
    values.into_iter().map(|(field, value)| (field, Some(value.to_owned()))).collect()
}

impl Page {
    fn unusable(&self, why: Unusable) -> UnusableAccount {
        UnusableAccount { name: self.name.clone(), id: self.id.clone(), why }
    }

    /// Its own token is the password.
    fn candidate(&self, user_token: &str) -> Candidate {
        let Self { id, name, token } = self;
        let patch = patch([
            (Field::Name, name),
            (Field::UserId, id),
            (Field::Password, token),
            (Field::From, id),
            (Field::Token, user_token),
            (Field::TargetId, id),
        ]);
        Candidate { name: name.clone(), id: id.clone(), page: None, patch }
    }

    /// The accounts at Instagram that are linked to it, each once. The user's token is the password.
    fn instagram(&self, account: &Value, user_token: &str) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = vec![];
        let linked = account.get("instagram_accounts").and_then(Value::as_array);
        let business = account.get("instagram_business_account");
        for linked in business.into_iter().chain(linked.into_iter().flatten()) {
            let Some(id) = id(linked) else { continue };
            if found.iter().any(|other| other.id == id) {
                continue;
            }
            let names = ["name", "username"].map(|key| linked.get(key));
            let name = name(names, || id.clone());
            let patch = patch([
                (Field::Name, &name),
                (Field::UserId, &self.id),
                (Field::Password, user_token),
                (Field::From, &id),
                (Field::Token, &self.token),
                (Field::TargetId, &id),
            ]);
            found.push(Candidate { name, id, page: Some(self.name.clone()), patch });
        }
        found
    }
}

fn twitter(text: impl Fn(&str) -> Option<String>) -> Option<Candidate> {
    let [token, secret, id, name] =
        ["oauth_token", "oauth_token_secret", "user_id", "screen_name"].map(text);
    let (token, secret, id, name) = (token?, secret?, id?, name?);
    let patch = patch([
        (Field::Name, &name),
        (Field::UserId, &name),
        (Field::Password, &secret),
        (Field::From, &name),
        (Field::Token, &token),
        (Field::TargetId, &id),
    ]);
    Some(Candidate { name, id, page: None, patch })
}

#[cfg(test)]
mod tests;
