//! From an address to the settings of its mail server: the form that asks for it, and what was found.

use super::{ForbiddenPage, NotFound, request::query_map};
use crate::{
    backend::{Account, MailHint, backend},
    components::{Layout, Message, Section, TextField},
    wording::VIEWER,
};
use leptos::prelude::*;
use leptos_meta::Title;
use shared::{Channel, Field, channel::TestKind};

/// How far a search is.
#[derive(Clone, Default)]
pub enum FindSettings {
    /// One can be started.
    #[default]
    NotStarted,
    /// Why none was started.
    Refused {
        /// What was typed.
        address: String,
        /// In words.
        problem: String,
    },
    /// What was found.
    Found {
        /// The address.
        address: String,
        /// The servers that answered, the likeliest first.
        choices: Vec<SettingsChoice>,
        /// What to know before one types a password.
        hint: Option<MailHint>,
    },
}

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsChoice {
    /// Its name.
    pub host: String,
    /// The port that answered.
    pub port: u16,
    /// What one signs in with.
    pub user: String,
    /// Where it comes from, in words.
    pub source: String,
    /// Whether it may be filled in.
    pub is_own: bool,
    /// Whether it takes a password.
    pub takes_password: bool,
}

/// Whether a channel's settings can be found by an address.
pub(super) fn can_find(channel: Channel) -> bool {
    matches!(channel.test_kind(), Some(TestKind::Imap | TestKind::Smtp))
}

/// Finds settings.
#[component]
pub fn FindSettingsPage() -> impl IntoView {
    let slug = query_map().remove("channel");
    let channel = slug.and_then(|slug| Channel::from_slug(&slug)).filter(|of| can_find(*of));
    let (Some(backend), Some(channel)) = (backend(), channel) else {
        return view! { <NotFound /> }.into_any();
    };
    let account = backend.account();
    if !account.role.may_edit() {
        let title = "Only editors make connections";
        return view! { <ForbiddenPage account section=Section::Connection title text=VIEWER /> }
            .into_any();
    }
    let search = use_context::<FindSettings>().unwrap_or_default();
    view! { <Page account channel search /> }.into_any()
}

#[component]
fn Page(account: Account, channel: Channel, search: FindSettings) -> impl IntoView {
    let form = format!("/connections/new?channel={}", channel.slug());
    let body = match search {
        FindSettings::NotStarted => {
            view! { <FindForm channel address=String::new() problem=None /> }.into_any()
        }
        FindSettings::Refused { address, problem } => {
            view! { <FindForm channel address problem=Some(problem) /> }.into_any()
        }
        FindSettings::Found { address, choices, hint } => {
            view! { <Found channel address choices hint /> }.into_any()
        }
    };
    view! {
        <Title text="Find settings" />
        <Layout account section=Section::Connection>
            <main>
                <nav aria-label="Breadcrumb" class="back">
                    <a href=form>"‹ New " {channel.label()} " connection"</a>
                </nav>
                <h1>"Find settings"</h1>
                {body}
            </main>
        </Layout>
    }
}

/// Asks for the address.
#[component]
pub(super) fn FindForm(
    channel: Channel,
    address: String,
    problem: Option<String>,
) -> impl IntoView {
    let action = format!("/connections/new/settings?channel={}", channel.slug());
    view! {
        <form method="post" action=action class="card paste">
            {problem.map(|problem| view! { <Message good=false>{problem}</Message> })}
            <TextField
                label="Find the settings of an address"
                name="address"
                autocomplete="off"
                kind="email"
                value=address
                help="Looks for its mail server. No password is needed, and nothing is saved."
            />
            <button type="submit">"Find settings"</button>
        </form>
    }
}

/// What to know of a provider before one types a password.
#[component]
pub(super) fn ProviderHint(hint: MailHint) -> impl IntoView {
    let MailHint { provider, text, link } = hint;
    view! {
        <p class="notice">
            {text} " "
            <a href=link rel="noreferrer" target="_blank">
                {provider}
                "’s page about it (opens in a new tab)"
            </a>
        </p>
    }
}

#[component]
fn Found(
    channel: Channel,
    address: String,
    choices: Vec<SettingsChoice>,
    hint: Option<MailHint>,
) -> impl IntoView {
    let by_hand = format!(
        "/connections/new?{}",
        form_urlencoded::Serializer::new(String::new())
            .append_pair("channel", channel.slug())
            .append_pair(Field::From.name(), &address)
            .finish()
    );
    let is_empty = choices.is_empty();
    let choices = choices.into_iter().enumerate().map(|(index, choice)| {
        view! { <Choice channel address=address.clone() choice is_first=index == 0 /> }
    });
    let choices = choices.collect_view();
    view! {
        <p>"For " <strong translate="no">{address.clone()}</strong></p>
        {hint.map(|hint| view! { <ProviderHint hint /> })}
        {if is_empty {
            view! {
                <p id="notice" class="notice" role="status">
                    "No mail server was found for this address. Enter the settings as the provider gives them."
                </p>
            }
                .into_any()
        } else {
            view! { <ul class="choices">{choices}</ul> }.into_any()
        }}
        <p>
            <a href=by_hand>"Enter the settings by hand"</a>
        </p>
    }
}

#[component]
fn Choice(
    channel: Channel,
    address: String,
    choice: SettingsChoice,
    is_first: bool,
) -> impl IntoView {
    let SettingsChoice { host, port, user, source, is_own, takes_password } = choice;
    let fill = form_urlencoded::Serializer::new(String::new())
        .append_pair("channel", channel.slug())
        .append_pair(Field::From.name(), &address)
        .append_pair(Field::UserId.name(), &user)
        .append_pair(Field::Host.name(), &host)
        .append_pair(Field::Port.name(), &port.to_string())
        .finish();
    let class = if is_first { "button primary" } else { "button" };
    let action = if is_own {
        view! {
            <p>
                <a class=class href=format!("/connections/new?{fill}")>
                    "Use these settings"
                </a>
            </p>
        }
        .into_any()
    } else {
        view! {
            <p class="muted">
                "This server is not the address’s own domain’s. If you know it, enter it by hand."
            </p>
        }
        .into_any()
    };
    view! {
        <li class="card stack">
            <p>
                <strong translate="no">{host} ":" {port}</strong>
                " "
                <span class="muted">{source}</span>
            </p>
            <p>"User name: " <span translate="no">{user}</span></p>
            {(!takes_password)
                .then(|| {
                    view! {
                        <p class="warning">"It takes no password: sign-in with a provider’s page only (OAuth)."</p>
                    }
                })}
            {action}
        </li>
    }
}
