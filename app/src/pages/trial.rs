//! A test of a connection. The stages come after the page's beginning, each when it is over: the server
//! puts them where the mark is.

use super::{ForbiddenPage, NotFound, fill::connection, or_unavailable, request::query_map};
use crate::{
    backend::{Account, backend},
    components::{Layout, Section, TellFault},
};
use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use shared::{
    ConnectionView,
    trial::{Trial, TrialFailure, TrialStage, TrialVerdict},
};

/// Stands where the stages are to come.
pub const STAGES: &str = "\u{fdd0}";

/// Tests one connection.
#[component]
pub fn TrialPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let query = query_map();
    let trial = use_context::<Trial>().unwrap_or_default();
    let page = async move {
        let Some(backend) = backend() else { return view! { <NotFound /> }.into_any() };
        let account = backend.account();
        if !account.role.may_edit() {
            let text = "To test connections, ask an admin of this site for the role of an editor.";
            return view! {
                <ForbiddenPage account section=Section::Connection title="No tests for you" text />
            }
            .into_any();
        }
        let view = match connection(&*backend, &id, &query).await {
            Ok(Some(view)) => Ok(view),
            Ok(None) => return view! { <NotFound /> }.into_any(),
            Err(error) => Err(error),
        };
        or_unavailable(account, view, |account, view| {
            view! { <Page account view trial /> }.into_any()
        })
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

#[component]
fn Page(account: Account, view: ConnectionView, trial: Trial) -> impl IntoView {
    let (name, address, again) = if let Some(id) = view.id {
        let address = format!("/connections/{id}");
        let again = format!("{address}/test");
        (view.name().to_owned(), address, again)
    } else {
        let address = format!("/connections/new?channel={}", view.channel.slug());
        (format!("a new {} connection", view.channel_label), address.clone(), address)
    };
    let body = match trial {
        Trial::Asked => EitherOf3::A(match view.id {
            Some(_) => Either::Left(view! {
                <form method="post">
                    <button type="submit" class="primary">
                        "Test what is stored"
                    </button>
                </form>
            }),
            None => Either::Right(view! { <p>"Fill in the form, and test it from there."</p> }),
        }),
        Trial::Refused(messages) => EitherOf3::B(view! {
            <div id="notice" class="notice bad" role="alert">
                "The test was not begun. Go back to the form and correct this first:"
                <ul>
                    {messages.into_iter().map(|message| view! { <li>{message}</li> }).collect_view()}
                </ul>
            </div>
        }),
        Trial::Running => EitherOf3::C(view! {
            // What follows the stages comes after the last of them.
            <p class="stop">
                <a class="button" href=again>
                    "Stop"
                </a>
            </p>
            <div class="stages" aria-live="polite">
                {STAGES}
            </div>
            <TellFault form=address.clone() />
        }),
    };
    view! {
        <Title text=format!("Test of {name}") />
        <Layout account section=Section::Connection>
            <main>
                <nav aria-label="Breadcrumb" class="back">
                    <a href=address>"‹ " {name.clone()}</a>
                </nav>
                <h1>"Test of " {name}</h1>
                <p class="muted">
                    "No value is saved, and no mail is read or sent. Leaving this page ends a test, too."
                </p>
                {body}
            </main>
        </Layout>
    }
}

/// A stage, as HTML.
#[must_use]
pub fn stage_html(stage: TrialStage) -> String {
    let TrialStage { title, milliseconds, found, failure } = stage;
    let (class, mark) = match &failure {
        None => ("good", "✓ "),
        Some(failure) if failure.not_testable => ("skipped", "◌ "),
        Some(_) => ("bad", "✗ "),
    };
    let fault = failure.as_ref().filter(|failure| !failure.not_testable);
    let fault = fault.and_then(|failure| Some((failure.field?, failure)));
    let (field, text) = fault
        .map(|(field, TrialFailure { explanation, advice, .. })| {
            (field.input_id(), format!("{explanation} {advice}"))
        })
        .unzip();
    view! {
        <div class=class data-field=field data-fault=text>
            <p>
                <strong>{mark} {title}</strong>
                " "
                <span class="muted">{milliseconds} " ms"</span>
            </p>
            {found.into_iter().map(|found| view! { <p>{found}</p> }).collect_view()}
            {failure.map(|failure| view! { <Failed failure /> })}
        </div>
    }
    .to_html()
}

#[component]
fn Failed(failure: TrialFailure) -> impl IntoView {
    let TrialFailure { explanation, advice, field, server_message, .. } = failure;
    view! {
        <p>{explanation} " " {advice}</p>
        {field.map(|field| view! { <p>"Look at: " <strong>{field.label}</strong></p> })}
        {server_message
            .filter(|server_message| !server_message.is_empty())
            .map(|server_message| view! { <p class="muted">"The server said: " <q>{server_message}</q></p> })}
    }
}

/// What comes after the last stage, as HTML.
#[must_use]
pub fn verdict_html(verdict: TrialVerdict) -> String {
    let (class, text) = match verdict {
        TrialVerdict::Passed => {
            ("notice good", "All is well: the values work. If they are new, save them.")
        }
        TrialVerdict::Failed => ("notice bad", "The test did not pass. Nothing was changed."),
        TrialVerdict::NotTestable => ("notice", "Not tested: this server cannot test it."),
    };
    view! {
        <p id="notice" class=class role="status">
            {text}
        </p>
    }
    .to_html()
}
