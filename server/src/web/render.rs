//! Renders pages and runs server functions, each with its caller.

use super::{WebState, backend::SiteBackend};
use crate::{
    http::{Refusal, headers},
    store::Principal,
};
use app::{Scripts, backend::Backend, shell};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        Method,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream};
use leptos::prelude::{IntoView, provide_context, use_context};
use std::{pin::Pin, sync::Arc};

/// The page at an address to which a form was posted, with what the post led to.
pub(super) async fn page_with<T: Clone + Send + Sync + 'static>(
    state: WebState,
    parts: Parts,
    outcome: T,
) -> Response {
    page_providing(state, parts, move || provide_context(outcome.clone())).await
}

/// The same with several contexts.
pub(super) async fn page_providing(
    state: WebState,
    parts: Parts,
    outcome: impl Fn() + Clone + Send + Sync + 'static,
) -> Response {
    render(state, parts, outcome, Mode::Whole).await
}

/// The same of a page with [`app::Streamed`] parts.
pub(super) async fn streamed<T: Clone + Send + Sync + 'static>(
    state: WebState,
    parts: Parts,
    outcome: T,
) -> Response {
    render(state, parts, move || provide_context(outcome.clone()), Mode::InOrder).await
}

/// How a page is sent.
enum Mode {
    /// Once all of it is rendered, so that its head knows what is in it.
    Whole,
    /// Each part once it is rendered. What the head says is known before the first wait.
    InOrder,
}

async fn render(
    state: WebState,
    mut parts: Parts,
    outcome: impl Fn() + Clone + Send + Sync + 'static,
    mode: Mode,
) -> Response {
    // The page at the address of a post is rendered as if it were opened.
    parts.method = Method::GET;
    let request = Request::from_parts(parts, Body::empty());
    let backend = caller(&state, &request);
    let options = state.options.clone();
    let scripts = Scripts::default();
    let context = {
        let scripts = scripts.clone();
        move || {
            provide(backend.clone());
            provide_context(state.options.clone());
            provide_context(scripts.clone());
            outcome();
        }
    };
    let shell = move || shell(&options);
    let response = match mode {
        Mode::Whole => leptos_axum::handle_response_inner(context, shell, request, whole),
        Mode::InOrder => leptos_axum::handle_response_inner(context, shell, request, in_order),
    };
    let mut response = response.await;
    let policy = headers::policy(scripts.nonce());
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// A page in one piece. The scripts that Leptos puts after every page are for hydration alone, so
/// pages without it go without them.
fn whole<IV: IntoView + 'static>(page: IV, scripts: Chunks, _: bool) -> Pending<Pieces> {
    let hydrates = use_context::<Scripts>();
    Box::pin(async move {
        let page = page.to_html_stream_in_order().collect::<String>().await;
        let hydrates = hydrates.is_some_and(|scripts| scripts.has_islands());
        let scripts = if hydrates { scripts() } else { Box::pin(stream::empty()) };
        Box::pin(stream::once(async { page }).chain(scripts)) as Pieces
    })
}

fn in_order<IV: IntoView + 'static>(page: IV, _: Chunks, _: bool) -> Pending<Pieces> {
    Box::pin(async { Box::pin(page.to_html_stream_in_order()) as Pieces })
}

type Pieces = Pin<Box<dyn Stream<Item = String> + Send>>;
type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Chunks = Box<dyn FnOnce() -> Pieces + Send>;

/// Runs a server function. They take JSON alone, which no other site's form can send.
pub(super) async fn server_function(State(state): State<WebState>, request: Request) -> Response {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        return Refusal::NotJson.into_response();
    }
    let backend = caller(&state, &request);
    leptos_axum::handle_server_fns_with_context(move || provide(backend.clone()), request)
        .await
        .into_response()
}

fn caller(state: &WebState, request: &Request) -> Option<Arc<dyn Backend>> {
    let principal = request.extensions().get::<Principal>()?.clone();
    let sites = request.extensions().get().cloned().unwrap_or_default();
    Some(Arc::new(SiteBackend { services: state.services.clone(), principal, sites }))
}

fn provide(backend: Option<Arc<dyn Backend>>) {
    if let Some(backend) = backend {
        provide_context(backend);
    }
}
