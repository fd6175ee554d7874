//! The result of a sign-in with a provider (the documents' get-session APIs): from its JSON to the
//! accounts that it opens, and to what each of them is in the fields of a connection.

use crate::{Channel, ConnectionPatch, Field};
use serde::Deserialize;

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

/// The accounts that a sign-in opens, in the order in which the provider gives them.
///
/// # Errors
/// If the text is not what the get-session API of this provider answers.
pub fn candidates(provider: Provider, json: &str) -> Result<Vec<Candidate>, NoSession> {
    // What serde says of a mistake may quote a secret.
    match provider {
        Provider::Twitter => {
            let twitter: Twitter = serde_json::from_str(json).map_err(|_| NoSession)?;
            Ok(vec![twitter.profile.candidate()])
        }
        Provider::Facebook | Provider::Instagram => {
            let graph: Graph = serde_json::from_str(json).map_err(|_| NoSession)?;
            Ok(graph
                .accounts
                .iter()
                .flat_map(|account| match provider {
                    Provider::Facebook => vec![page(&graph.token, account)],
                    _ => instagram(&graph.token, account),
                })
                .collect())
        }
    }
}

#[derive(Deserialize)]
struct Graph {
    token: String,
    #[serde(default)]
    accounts: Vec<Account>,
}

#[derive(Deserialize)]
struct Account {
    id: String,
    name: String,
    access_token: String,
    #[serde(rename = "instagram_business_account")]
    business: Option<InstagramAccount>,
    #[serde(rename = "instagram_accounts", default)]
    linked: Vec<InstagramAccount>,
}

#[derive(Deserialize)]
struct InstagramAccount {
    id: String,
    name: Option<String>,
    username: Option<String>,
}

#[derive(Deserialize)]
struct Twitter {
    profile: Profile,
}

#[derive(Deserialize)]
struct Profile {
    oauth_token: String,
    oauth_token_secret: String,
    user_id: String,
    screen_name: String,
}

fn patch(values: [(Field, &str); 6]) -> ConnectionPatch {
    values.into_iter().map(|(field, value)| (field, Some(value.to_owned()))).collect()
}

/// A page: its own token is the password.
fn page(user_token: &str, Account { id, name, access_token, .. }: &Account) -> Candidate {
    let patch = patch([
        (Field::Name, name),
        (Field::UserId, id),
        (Field::Password, access_token),
        (Field::From, id),
        (Field::Token, user_token),
        (Field::TargetId, id),
    ]);
    Candidate { name: name.clone(), id: id.clone(), page: None, patch }
}

/// The accounts at Instagram that are linked to a page, each once. The user's token is the password.
fn instagram(user_token: &str, account: &Account) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = vec![];
    let linked = account.business.iter().chain(&account.linked);
    for InstagramAccount { id, name, username } in linked {
        if found.iter().any(|other| other.id == *id) {
            continue;
        }
        let names = [name, username].into_iter().flatten();
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or(id);
        let patch = patch([
            (Field::Name, name),
            (Field::UserId, &account.id),
            (Field::Password, user_token),
            (Field::From, id),
            (Field::Token, &account.access_token),
            (Field::TargetId, id),
        ]);
        let page = Some(account.name.clone());
        found.push(Candidate { name: name.clone(), id: id.clone(), page, patch });
    }
    found
}

impl Profile {
    fn candidate(&self) -> Candidate {
        let patch = patch([
            (Field::Name, &self.screen_name),
            (Field::UserId, &self.screen_name),
            (Field::Password, &self.oauth_token_secret),
            (Field::From, &self.screen_name),
            (Field::Token, &self.oauth_token),
            (Field::TargetId, &self.user_id),
        ]);
        Candidate { name: self.screen_name.clone(), id: self.user_id.clone(), page: None, patch }
    }
}

#[cfg(test)]
mod tests;
