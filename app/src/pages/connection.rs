//! A connection: its form, or for those who may only look its values, and its timeline.

mod values;

use super::{NotFound, or_unavailable, request::query_map, set_form_status};
use crate::{
    answer::Current,
    backend::{Account, Unavailable, backend},
    components::{
        FillFromSignIn, FormId, Health, Hydration, Layout, Listen, Message, Prerender, Section,
        SwitchBackInNewTab, Timeline,
    },
    form::{FormState, Notice},
    islands::{ConnectionForm, FormProps},
    packed::Packed,
    wording::VIEWER,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use shared::{
    Channel, Code, ConnectionId, ConnectionView, Field, audit::Event, channel::TestKind,
    view::Related,
};
use values::Values;

/// Shows and changes one connection.
#[component]
pub fn ConnectionPage() -> impl IntoView {
    let params = use_params_map();
    let id = params.with_untracked(|params| params.get("id")).and_then(|id| id.parse().ok());
    let after_save = use_context::<FormState>();
    let page = async move {
        let (Some(backend), Some(id)) = (backend(), id) else {
            return view! { <NotFound /> }.into_any();
        };
        let account = backend.account();
        let now = match backend.connection(id).await {
            Ok(Some(now)) => Ok(now),
            Ok(None) => return view! { <NotFound /> }.into_any(),
            Err(error) => Err(error),
        };
        let events = backend.timeline(id).await;
        let same = match &now {
            // Without it the page is as good.
            Ok(now) => backend.same_account(&now.view).await.unwrap_or_default(),
            Err(_) => vec![],
        };
        or_unavailable(account, now, |account, now| {
            let state = after_save.unwrap_or_else(arrived);
            view! { <Page account id now state events same /> }.into_any()
        })
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

/// The form as it is first shown; the address says what led there.
fn arrived() -> FormState {
    let notice = query_map().get("done").and_then(|done| done_notice(done));
    FormState { notice, ..FormState::default() }
}

fn done_notice(done: &str) -> Option<Notice> {
    match done {
        "saved" => Some(Notice::Saved),
        "unchanged" => Some(Notice::Unchanged),
        "created" => Some(Notice::Created),
        "undone" => Some(Notice::Undone),
        _ => None,
    }
}

/// Whose account a connection would be for, as the form has it.
fn account_in(state: &FormState, view: &ConnectionView) -> String {
    let names = Field::ALL
        .into_iter()
        .filter(|field: &Field| field.identifies_account() && view.channel.spec(*field).is_some())
        .map(|field| state.typed.get(field).map_or(view.value(field), String::as_str));
    names.collect::<Vec<_>>().join(" ")
}

/// Other connections to the same account: two that read one mailbox take mail from each other.
#[component]
fn SameAccount(same: Vec<Related>) -> impl IntoView {
    let links = same.into_iter().map(|Related { id, name }| {
        view! {
            " "
            <a href=format!("/connections/{id}")>{format!("{name} ({id})")}</a>
        }
    });
    let links: Vec<_> = links.collect();
    (!links.is_empty())
        .then(|| view! { <p class="notice">"The same account is connected twice:" {links} "."</p> })
}

#[component]
fn Page(
    account: Account,
    id: ConnectionId,
    now: Current,
    state: FormState,
    events: Result<Vec<Event>, Unavailable>,
    same: Vec<Related>,
) -> impl IntoView {
    set_form_status(state.notice);
    let Current { view, health } = now;
    let may_edit = account.role.may_edit();
    let last_event = account.last_event;
    let title = view.name().to_owned();
    let channel = view.channel;
    let fill = may_edit.then(|| {
        let form = format!("/connections/{id}");
        let sends = channel.test_kind() == Some(TestKind::Smtp);
        let message = sends.then(|| {
            view! {
                <a class="button" href=format!("{form}/message")>
                    "Send a test message"
                </a>
            }
        });
        view! {
            <FillFromSignIn channel form />
            {message}
        }
    });
    let body = if may_edit && view.channel != Channel::Other {
        // Without WebAssembly: saving once more confirms this account, which was shown.
        let moves = state.violations.errors().any(|found| found.code == Code::AccountChanged);
        let confirmed = moves.then(|| account_in(&state, &view));
        view! {
            {confirmed.map(|account| view! { <input type="hidden" name="moves" value=account form="connection" /> })}
            <FormId form="connection" />
            <FormId form="enabled" />
            <Listen form=format!("/connections/{id}") />
            <SwitchBackInNewTab account=account.clone() page=format!("/connections/{id}") />
            <ConnectionForm form=Packed(FormProps { view, state, last_event }) />
            <Hydration />
            <Prerender />
        }
        .into_any()
    } else {
        let remark = if may_edit {
            view! {
                <p class="notice">
                    "There is no form for this channel yet. Its fields can be changed through the API."
                </p>
            }
        } else {
            view! { <p class="muted">{VIEWER}</p> }
        };
        view! {
            {state
                .notice
                .map(|notice| view! { <Message good=notice.is_good()>{notice.text()}</Message> })}
            <Values view may_edit />
            {remark}
        }
        .into_any()
    };
    view! {
        <Title text=title />
        <Layout account section=Section::Connection>
            <main>
                <nav aria-label="Breadcrumb" class="back">
                    <a href="/">"‹ Connections"</a>
                </nav>
                <Health html=health>{fill}</Health>
                <SameAccount same />
                <div class="columns">
                    <div>{body}</div>
                    <Timeline id events />
                </div>
            </main>
        </Layout>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_only_what_went_well() {
        assert_eq!(done_notice("undone"), Some(Notice::Undone));
        assert_eq!(done_notice("failed"), None);
        for done in ["saved", "unchanged", "created", "undone"] {
            assert!(done_notice(done).is_some_and(Notice::is_good), "{done}");
        }
    }
}
