//! A test of a connection. The page's beginning is sent at once, and each stage when it is over.

use super::{ForbiddenPage, NotFound, fill::connection, or_unavailable, request::query_map};
use crate::{
    backend::{Account, backend},
    components::{Layout, Section, Streamed, TellFault},
};
use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use shared::{
    ConnectionView,
    connection_test::{StageFailure, StageReport, TestVerdict},
};

/// How far a test is.
#[derive(Clone, Default)]
pub enum ConnectionTest {
    /// One can be started.
    #[default]
    NotStarted,
    /// Why none was started.
    Refused(Vec<String>),
    /// The connection that is tested, and the stages.
    Running(Box<ConnectionView>, Streamed<StageReport>),
}

/// Tests one connection.
#[component]
pub fn ConnectionTestPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let query = query_map();
    let test = use_context::<ConnectionTest>().unwrap_or_default();
    let Some(backend) = backend() else { return view! { <NotFound /> }.into_any() };
    let account = backend.account();
    if !account.role.may_edit() {
        let advice = "To test connections, ask an admin of this site for the role of an editor.";
        return view! {
            <ForbiddenPage account section=Section::Connection title="No tests for you" text=advice />
        }
        .into_any();
    }
    // Nothing is waited for before the first stage: what is sent until then has the page's head.
    if let ConnectionTest::Running(view, _) = &test {
        return view! { <Page account view=(**view).clone() test /> }.into_any();
    }
    let page = async move {
        let view = match connection(&*backend, &id, &query).await {
            Ok(Some(view)) => Ok(view),
            Ok(None) => return view! { <NotFound /> }.into_any(),
            Err(error) => Err(error),
        };
        or_unavailable(account, view, |account, view| {
            view! { <Page account view test /> }.into_any()
        })
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }.into_any()
}

#[component]
fn Page(account: Account, view: ConnectionView, test: ConnectionTest) -> impl IntoView {
    let (name, address, again) = if let Some(id) = view.id {
        let address = format!("/connections/{id}");
        let again = format!("{address}/test");
        (view.name().to_owned(), address, again)
    } else {
        let address = format!("/connections/new?channel={}", view.channel.slug());
        (format!("a new {} connection", view.channel_label), address.clone(), address)
    };
    let body = match test {
        ConnectionTest::NotStarted => EitherOf3::A(match view.id {
            Some(_) => Either::Left(view! {
                <form method="post">
                    <button type="submit" class="primary">
                        "Test what is stored"
                    </button>
                </form>
            }),
            None => Either::Right(view! { <p>"Fill in the form, and test it from there."</p> }),
        }),
        ConnectionTest::Refused(messages) => EitherOf3::B(view! {
            <div id="notice" class="notice bad" role="alert">
                "The test was not started. Go back to the form and correct this first:"
                <ul>
                    {messages.into_iter().map(|message| view! { <li>{message}</li> }).collect_view()}
                </ul>
            </div>
        }),
        ConnectionTest::Running(_, stages) => EitherOf3::C(view! {
            // What follows the stages comes after the last of them.
            <p class="stop">
                <a class="button" href=again>
                    "Stop"
                </a>
            </p>
            <div class="stages" aria-live="polite">
                {stages.show(TestVerdict::Failed, stage, verdict)}
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

pub(super) fn stage(stage: StageReport, verdict: &mut TestVerdict) -> AnyView {
    *verdict = stage.verdict();
    let StageReport { title, milliseconds, found, failure, .. } = stage;
    let (class, mark) = match &failure {
        None => ("good", "✓ "),
        Some(failure) if failure.not_testable => ("skipped", "◌ "),
        Some(_) => ("bad", "✗ "),
    };
    let fault = failure.as_ref().filter(|failure| !failure.not_testable);
    let fault = fault.and_then(|failure| Some((failure.field?, failure)));
    let (field, text) = fault
        .map(|(field, StageFailure { explanation, advice, .. })| {
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
    .into_any()
}

#[component]
fn Failed(failure: StageFailure) -> impl IntoView {
    let StageFailure { explanation, advice, field, server_message, .. } = failure;
    view! {
        <p>{explanation} " " {advice}</p>
        {field.map(|field| view! { <p>"Look at: " <strong>{field.label}</strong></p> })}
        {server_message
            .filter(|server_message| !server_message.is_empty())
            .map(|server_message| view! { <p class="muted">"The server said: " <q>{server_message}</q></p> })}
    }
}

fn verdict(verdict: TestVerdict) -> AnyView {
    let (class, text) = match verdict {
        TestVerdict::Passed => {
            ("notice good", "All is well: the values work. If they are new, save them.")
        }
        TestVerdict::Failed => ("notice bad", "The test did not pass. Nothing was changed."),
        TestVerdict::NotTestable => ("notice", "Not tested: this server cannot test it."),
    };
    view! {
        <p id="notice" class=class role="status">
            {text}
        </p>
    }
    .into_any()
}
