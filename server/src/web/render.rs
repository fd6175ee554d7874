//! Renders pages and runs server functions, each with its caller.

use super::{WebState, backend::SiteBackend};
use crate::{
    http::{Refusal, headers},
    store::Principal,
};
use app::{STAGES, Scripts, backend::Backend, shell};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{
        Method, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream};
use leptos::prelude::{IntoView, provide_context, use_context};
use std::{convert::Infallible, pin::Pin, sync::Arc};

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
    mut parts: Parts,
    more: impl Fn() + Clone + Send + Sync + 'static,
) -> Response {
    parts.method = Method::GET;
    let request = Request::from_parts(parts, Body::empty());
    render(state, request, more).await
}

/// The same page with pieces of HTML that come later, where its mark is: its beginning is sent at once.
pub(super) async fn streamed<T: Clone + Send + Sync + 'static>(
    state: WebState,
    parts: Parts,
    outcome: T,
    pieces: impl Stream<Item = String> + Send + 'static,
) -> Response {
    let (parts, page) = page_with(state, parts, outcome).await.into_parts();
    let page = to_bytes(page, PAGE).await.map(|page| String::from_utf8_lossy(&page).into_owned());
    let Some((head, tail)) = page.ok().and_then(|page| {
        page.split_once(STAGES).map(|(head, tail)| (head.to_owned(), tail.to_owned()))
    }) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let pieces = stream::once(async { head })
        .chain(pieces)
        .chain(stream::once(async { tail }))
        .map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    let mut response = Response::from_parts(parts, Body::from_stream(pieces));
    response.headers_mut().remove(CONTENT_LENGTH);
    response
}

/// The most that a page of ours is long.
const PAGE: usize = 1 << 20;

async fn render(
    state: WebState,
    request: Request,
    more: impl Fn() + Clone + Send + Sync + 'static,
) -> Response {
    let backend = caller(&state, &request);
    let options = state.options.clone();
    let scripts = Scripts::default();
    let context = {
        let scripts = scripts.clone();
        move || {
            provide(backend.clone());
            provide_context(state.options.clone());
            provide_context(scripts.clone());
            more();
        }
    };
    let shell = move || shell(&options);
    let mut response = leptos_axum::handle_response_inner(context, shell, request, whole).await;
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
    let context = move || provide(backend.clone());
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
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
