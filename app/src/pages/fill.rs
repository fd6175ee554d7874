//! Fills a form from a sign-in with the provider, in a window of its own: sign in or paste, choose the
//! account, look at what would change, and hand it to the form, which is open in the other window. The
//! address says how far one is.

mod preview;

use super::{ForbiddenPage, NotFound, or_unavailable, request::query_map};
use crate::{
    backend::{Account, Backend, FillAccount, FillAccounts, Unavailable, backend},
    components::{Layout, Section},
    wording::VIEWER,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use preview::preview;
use shared::{
    Channel, ConnectionView, Field, Provider,
    session::{Unusable, UnusableAccount},
};
use std::collections::HashMap;

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
                <Rest provider=request.provider unusable is_cut />
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
                <Rest provider unusable is_cut />
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

/// What a sign-in lists beside what can be used.
#[component]
fn Rest(provider: Provider, unusable: Vec<UnusableAccount>, is_cut: bool) -> impl IntoView {
    let cut = is_cut.then(|| {
        view! {
            <p class="notice">
                {provider.label()}
                " has more accounts than it listed, or did not list all of them. If yours is missing, sign in again and choose only the accounts that you need."
            </p>
        }
    });
    let rows = unusable.into_iter().map(|UnusableAccount { name, id, why }| {
        view! {
            <li>
                <strong>{name}</strong>
                " "
                <span class="muted">{id}</span>
                ": "
                {reason(why)}
            </li>
        }
    });
    let rows: Vec<_> = rows.collect();
    let list = (!rows.is_empty()).then(|| {
        view! {
            <section aria-labelledby="unusable">
                <h2 id="unusable">"Cannot be used"</h2>
                <ul>{rows}</ul>
            </section>
        }
    });
    view! { {cut} {list} }
}

/// Why an account cannot be used.
const fn reason(why: Unusable) -> &'static str {
    match why {
        Unusable::NoId => "the provider gave no id for it.",
        Unusable::NoToken => {
            "the provider gave no token for it. Sign in as somebody who manages the page, and choose it when Facebook asks."
        }
        Unusable::NoMessages => {
            "your role on the page does not include its messages. Ask an admin of the page for that role."
        }
        Unusable::NotLinked => {
            "no Instagram business account is linked to the page. Link it in the page’s settings at Facebook."
        }
    }
}

/// A sign-in that opens nothing.
const fn nothing(provider: Provider) -> &'static str {
    match provider {
        Provider::Facebook => {
            "That sign-in opens no page. Sign in as somebody who manages one, and choose it when \
             Facebook asks which pages may be used."
        }
        Provider::Instagram => {
            "That sign-in opens no Instagram account. It has to be a business account that is linked \
             to a Facebook page, and the page has to be chosen when Facebook asks."
        }
        Provider::Twitter => "That sign-in opens no account.",
    }
}

/// The first step: sign in, or paste.
#[component]
fn Begin(request: Request, is_set_up: bool, problem: Option<&'static str>) -> impl IntoView {
    let provider = request.provider;
    let label = provider.label();
    let problem = problem.or(match request.error.as_deref() {
        None => None,
        Some("over") => Some("That sign-in is over. Sign in again."),
        Some("declined") => Some("The sign-in was declined. Nothing was taken over."),
        Some("scopes") => Some(
            "Facebook does not let this server’s app ask for all permissions. Nothing was taken over. Your \
             operator has to have the app reviewed for them, or change what is asked for (--facebook-scopes, \
             --facebook-config-id).",
        ),
        Some("refused") => Some(
            "The provider refused the sign-in. Try once more; if it refuses again, the operator has \
             to check the app: its id and secret, and that it allows this server’s callback address.",
        ),
        Some("unknown") => Some(
            "That is neither the id of a sign-in that is kept here nor the JSON of one. Copy it whole.",
        ),
        Some(_) => Some("The sign-in did not work. Try again in a few minutes."),
    });
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("redirectUrl", &request.address())
        .finish();
    let action = format!("/connections/{}/fill", request.id);
    let sign_in = if is_set_up {
        let href = format!("/{}/auth?{query}", provider.slug());
        view! {
            <p>
                <a class="button primary" href=href>
                    "Sign in with "
                    {label}
                </a>
            </p>
        }
        .into_any()
    } else {
        view! {
            <p>
                "Sign-in with " {label}
                " is not set up here: the operator has named no app. You can paste the result of a sign-in elsewhere."
            </p>
        }
        .into_any()
    };
    view! {
        {problem
            .map(|problem| {
                view! {
                    <p id="notice" class="notice bad" role="alert">
                        {problem}
                    </p>
                }
            })}
        {sign_in}
        <form method="post" action=action class="paste">
            <Context request />
            <label for="pasted">"Or paste a session id, or the JSON of a session"</label>
            <textarea
                id="pasted"
                name="pasted"
                rows="4"
                autocomplete="off"
                spellcheck="false"
                required
            ></textarea>
            <button type="submit">"Use it"</button>
        </form>
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
