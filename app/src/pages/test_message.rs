//! Sends a test message through an outbound connection: the form, the question whether it may go to somebody else, and
//! the stages as they end.

use super::{ForbiddenPage, NotFound, connection_test::stage, or_unavailable};
use crate::{
    backend::{Account, backend},
    components::{Layout, Message, Section, Streamed, TextField},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use shared::{
    ConnectionId,
    channel::TestKind,
    connection_test::{StageReport, TestVerdict},
};

/// How far a test message is.
#[derive(Clone, Default)]
pub enum TestMessage {
    /// One can be sent.
    #[default]
    NotStarted,
    /// It would go to somebody else.
    Confirm {
        /// To whom.
        to: String,
    },
    /// Why none was sent.
    Refused {
        /// What was typed.
        to: String,
        /// In words.
        problem: String,
    },
    /// It is being sent.
    Sending {
        /// Through which connection.
        name: String,
        /// To whom.
        to: String,
        /// As they end.
        stages: Streamed<StageReport>,
    },
}

/// Sends a message through one connection.
#[component]
pub fn TestMessagePage() -> impl IntoView {
    let params = use_params_map();
    let id = params.with_untracked(|params| params.get("id")).and_then(|id| id.parse().ok());
    let message = use_context::<TestMessage>().unwrap_or_default();
    let (Some(backend), Some(id)) = (backend(), id) else {
        return view! { <NotFound /> }.into_any();
    };
    let account = backend.account();
    if !account.role.may_edit() {
        let advice = "To send test messages, ask an admin of this site for the role of an editor.";
        let title = "No test messages for you";
        return view! { <ForbiddenPage account section=Section::Connection title text=advice /> }
            .into_any();
    }
    if let TestMessage::Sending { name, .. } = &message {
        let name = name.clone();
        return view! { <Page account id name message /> }.into_any();
    }
    let page = async move {
        let now = match backend.connection(id).await {
            Ok(Some(now)) if now.view.channel.test_kind() != Some(TestKind::Smtp) => {
                return view! { <NotFound /> }.into_any();
            }
            Ok(Some(now)) => Ok(now),
            Ok(None) => return view! { <NotFound /> }.into_any(),
            Err(error) => Err(error),
        };
        or_unavailable(account, now, |account, now| {
            let name = now.view.name().to_owned();
            view! { <Page account id name message /> }.into_any()
        })
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }.into_any()
}

#[component]
fn Page(account: Account, id: ConnectionId, name: String, message: TestMessage) -> impl IntoView {
    let own = account.email.clone();
    let body = match message {
        TestMessage::Sending { to, stages, .. } => view! {
            <p>"To " <strong translate="no">{to}</strong></p>
            <div class="stages" aria-live="polite">
                {stages.show(TestVerdict::Failed, stage, verdict)}
            </div>
        }
        .into_any(),
        TestMessage::Confirm { to } => view! {
            <form method="post" class="paste">
                <p id="notice" class="notice" role="alert">
                    "This is not your own address. The message goes to "
                    <strong translate="no">{to.clone()}</strong> ", and the site’s activity says so."
                </p>
                <input type="hidden" name="to" value=to.clone() />
                <input type="hidden" name="others" value=to.clone() />
                <button type="submit" class="primary">
                    "Send to " {to}
                </button>
                " "
                <a class="button" href=format!("/connections/{id}/message")>
                    "Cancel"
                </a>
            </form>
        }
        .into_any(),
        TestMessage::Refused { to, problem } => {
            view! { <Ask id to problem=Some(problem) /> }.into_any()
        }
        TestMessage::NotStarted => view! { <Ask id to=own problem=None /> }.into_any(),
    };
    view! {
        <Title text=format!("Test message through {name}") />
        <Layout account section=Section::Connection>
            <main>
                <nav aria-label="Breadcrumb" class="back">
                    <a href=format!("/connections/{id}")>"‹ " {name.clone()}</a>
                </nav>
                <h1>"Test message through " {name}</h1>
                {body}
            </main>
        </Layout>
    }
}

#[component]
fn Ask(id: ConnectionId, to: String, problem: Option<String>) -> impl IntoView {
    view! {
        <form method="post" class="paste">
            {problem.map(|problem| view! { <Message good=false>{problem}</Message> })}
            <TextField
                label="Send to"
                name="to"
                autocomplete="email"
                kind="email"
                value=to
                help="One address. The message is short and the same for all; the site’s activity says who sent one to whom."
            />
            <p class="muted">
                "It goes out through the stored settings, which have to have passed "
                <a href=format!("/connections/{id}/test")>"their test"</a> "."
            </p>
            <button type="submit" class="primary">
                "Send test message"
            </button>
        </form>
    }
}

fn verdict(verdict: TestVerdict) -> AnyView {
    let (class, text) = match verdict {
        TestVerdict::Passed => (
            "notice good",
            "The server took the message. It may take some minutes to arrive: look among the spam, too.",
        ),
        _ => ("notice bad", "The message was not sent. Nothing was changed."),
    };
    view! {
        <p id="notice" class=class role="status">
            {text}
        </p>
    }
    .into_any()
}
