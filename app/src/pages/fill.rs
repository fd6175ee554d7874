//! Fills a form from a sign-in with the provider, in a window of its own: sign in or paste, choose the
//! account, look at what would change, and hand it to the form, which is open in the other window. The
//! address says how far one is.

mod begin;
mod preview;
mod unusable;

use super::{ForbiddenPage, NotFound, or_unavailable, request::query_map};
use crate::{
    backend::{Account, Backend, FillAccount, FillAccounts, Unavailable, backend},
    components::{Layout, Section},
    wording::VIEWER,
};
use begin::{Begin, nothing};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use preview::preview;
use shared::{Channel, ConnectionView, Field, Provider};
use std::collections::HashMap;
use unusable::Unusables;

/// What the page's address says.
#[derive(Clone, Debug)]
struct Request {
    /// The connection's number, or `new`.
    id: String,
    provider: Provider,
    /// What stands in the form and is not stored.
    draft: Vec<(String, String)>,
    session: Option<String>,
    account: Option<usize>,
    error: Option<String>,
}

/// Fills a form.
#[component]
pub fn FillPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let query = query_map();
    let page = async move {
        let Some(backend) = backend() else { return view! { <NotFound /> }.into_any() };
        let account = backend.account();
        if !account.role.may_edit() {
            let title = "Only editors change connections";
            return view! { <ForbiddenPage account section=Section::Connection title text=VIEWER /> }
                .into_any();
        }
        let view = match connection(&*backend, &id, &query).await {
            Ok(Some(view)) => view,
            Ok(None) => return view! { <NotFound /> }.into_any(),
            Err(error) => {
                return or_unavailable(account, Err::<(), _>(error), |_, ()| ().into_any());
            }
        };
        let Some(mut request) = Request::of(id, view.channel, &query) else {
            return view! { <NotFound /> }.into_any();
        };
        let found = match &request.session {
            Some(session) => backend.fill_accounts(request.provider, session).await,
            None => Ok(None),
        };
        if request.session.is_some() && found == Ok(None) {
            request.error = Some("over".to_owned());
        }
        let is_set_up = backend.can_sign_in(request.provider);
        or_unavailable(account, found, |account, found| {
            view! { <Page account view request is_set_up found /> }.into_any()
        })
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

/// The connection of a page's address as it is stored, or one that is new.
pub(super) async fn connection(
    backend: &dyn Backend,
    id: &str,
    query: &HashMap<String, String>,
) -> Result<Option<ConnectionView>, Unavailable> {
    if id == "new" {
        let channel = query.get("channel").and_then(|slug| Channel::from_slug(slug));
        return match channel {
            Some(channel) => backend.blank(channel).await.map(Some),
            None => Ok(None),
        };
    }
    match id.parse() {
        Ok(id) => Ok(backend.connection(id).await?.map(|now| now.view)),
        Err(_) => Ok(None),
    }
}

impl Request {
    /// `None` for a channel that nobody signs in for.
    fn of(id: String, channel: Channel, query: &HashMap<String, String>) -> Option<Self> {
        let get = |key: &str| query.get(key).cloned();
        let plain = Field::ALL.into_iter().filter(|field| !field.is_secret());
        Some(Self {
            id,
            provider: channel.provider()?,
            draft: plain
                .filter_map(|field| Some((field.name().to_owned(), get(field.name())?)))
                .collect(),
            session: get("sessionId"),
            account: get("account").and_then(|account| account.parse().ok()),
            error: get("error"),
        })
    }

    /// The channel of a new connection, and what stands in its form.
    fn context(&self) -> Vec<(String, String)> {
        let channel = (self.id == "new")
            .then(|| ("channel".to_owned(), self.provider.channel().slug().to_owned()));
        channel.into_iter().chain(self.draft.clone()).collect()
    }

    /// The address of this page, with what stands in the form.
    fn address(&self) -> String {
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(self.context()).finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/connections/{}/fill{mark}{query}", self.id)
    }

    /// The address of the form.
    fn form(&self) -> String {
        match self.id.as_str() {
            "new" => format!("/connections/new?channel={}", self.provider.channel().slug()),
            id => format!("/connections/{id}"),
        }
    }
}

#[component]
fn Page(
    account: Account,
    view: ConnectionView,
    request: Request,
    is_set_up: bool,
    found: Option<FillAccounts>,
) -> impl IntoView {
    let name = match view.name() {
        "" => format!("new {} connection", view.channel_label),
        name => name.to_owned(),
    };
    let title = format!("Fill {name} from sign-in");
    let chosen = |usable: &[FillAccount]| match usable {
        [_] => Some(0),
        _ => request.account.filter(|index| *index < usable.len()),
    };
    let body = match found {
        None => view! { <Begin request=request.clone() is_set_up problem=None /> }.into_any(),
        Some(FillAccounts { usable, unusable, is_cut }) if usable.is_empty() => {
            let problem = if unusable.is_empty() && !is_cut {
                nothing(request.provider)
            } else {
                "That sign-in opens nothing that can be used here."
            };
            view! {
                <Begin request=request.clone() is_set_up problem=Some(problem) />
                <Unusables provider=request.provider unusable is_cut />
            }
            .into_any()
        }
        Some(FillAccounts { usable, unusable, is_cut }) => {
            let provider = request.provider;
            let first = match chosen(&usable) {
                Some(index) => preview(&view, &request, &usable[index]).into_any(),
                None => view! { <Choose request=request.clone() accounts=usable /> }.into_any(),
            };
            view! {
                {first}
                <Unusables provider unusable is_cut />
            }
            .into_any()
        }
    };
    view! {
        <Title text=title.clone() />
        <Layout account section=Section::Connection>
            <main>
                <h1>{title}</h1>
                {body}
            </main>
        </Layout>
    }
}

/// What stands in the form, sent along.
#[component]
fn Context(request: Request) -> impl IntoView {
    request
        .context()
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view()
}

/// The second step, if there are several accounts.
#[component]
fn Choose(request: Request, accounts: Vec<FillAccount>) -> impl IntoView {
    let choice = |(index, account): (usize, FillAccount)| {
        let FillAccount { name, id, page, .. } = account;
        view! {
            <li>
                <label>
                    <input type="radio" name="account" value=index required />
                    " "
                    <strong>{name}</strong>
                    " "
                    <span class="muted">{id}{page.map(|page| format!(" · on the page {page}"))}</span>
                </label>
            </li>
        }
    };
    let action = format!("/connections/{}/fill", request.id);
    let session = request.session.clone();
    view! {
        <form method="get" action=action class="paste">
            <Context request />
            <input type="hidden" name="sessionId" value=session />
            <fieldset>
                <legend>"Which account?"</legend>
                <ul>{accounts.into_iter().enumerate().map(choice).collect_view()}</ul>
            </fieldset>
            <button type="submit" class="primary">
                "Show what changes"
            </button>
        </form>
    }
}
