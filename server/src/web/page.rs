//! Renders the pages and runs the server functions, each with its caller.

use super::{WebState, backend::SiteBackend};
use crate::store::Principal;
use app::{backend::Backend, shell};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, header::CACHE_CONTROL, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use std::sync::Arc;

/// The page at the request's address.
pub(super) async fn page(State(state): State<WebState>, request: Request) -> Response {
    render(state, request, || {}).await
}

/// The page at an address to which a form was posted, with what the post led to.
pub(super) async fn page_with<T: Clone + Send + Sync + 'static>(
    state: WebState,
    mut parts: Parts,
    outcome: T,
) -> Response {
    parts.method = Method::GET;
    let request = Request::from_parts(parts, Body::empty());
    render(state, request, move || provide_context(outcome.clone())).await
}

async fn render(
    state: WebState,
    request: Request,
    more: impl Fn() + Clone + Send + Sync + 'static,
) -> Response {
    let backend = caller(&state, &request);
    let options = state.options.clone();
    let context = move || {
        provide(backend.clone());
        provide_context(state.options.clone());
        more();
    };
    let shell = move || shell(&options);
    let render = leptos_axum::render_app_async_with_context(context, shell);
    let mut response = render(request).await;
    // Pages show one site's data to one user: no cache may keep them.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Runs a server function.
pub(super) async fn server_function(State(state): State<WebState>, request: Request) -> Response {
    let backend = caller(&state, &request);
    let context = move || provide(backend.clone());
    let mut response =
        leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
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
