//! A server in small: the caller, the pages, and what a post led to.

use crate::data;
use app::{
    App,
    answer::{Current, SaveError},
    backend::{Account, Backend, FillAccounts, MailHint, Team, Unavailable},
    health_html, shell,
};
use async_trait::async_trait;
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use leptos::{config::LeptosOptions, prelude::provide_context};
use shared::{
    Channel, ConnectionId, ConnectionPatch, ConnectionView, Provider, Role, SiteId, Version,
    audit::{ActivityPage, ActivityQuery, Event},
    board::{BoardPage, BoardQuery},
    view::Related,
};
use std::sync::Arc;

/// Somebody of this role on site 169.
pub struct Caller(pub Role);

#[async_trait]
impl Backend for Caller {
    fn account(&self) -> Account {
        data::account(self.0)
    }

    /// Of "much" there is more than was counted.
    async fn board(&self, query: &BoardQuery) -> Result<BoardPage, Unavailable> {
        let mut board = data::board();
        board.counts.more = query.search == "much";
        Ok(board)
    }

    async fn connection(&self, id: ConnectionId) -> Result<Option<Current>, Unavailable> {
        Ok((id == ConnectionId(646))
            .then(|| Current { view: data::view(), health: health_html(data::health()) }))
    }

    fn form_id(&self) -> String {
        "1.169.key".to_owned()
    }

    /// Connection 700 is on site 170.
    async fn other_site_of(
        &self,
        id: ConnectionId,
    ) -> Result<Option<(SiteId, String)>, Unavailable> {
        Ok((id == ConnectionId(700)).then(|| (SiteId(170), "Other".to_owned())))
    }

    fn can_sign_in(&self, _: Provider) -> bool {
        true
    }

    fn operator_faults(&self) -> Vec<String> {
        vec![]
    }

    async fn same_account(&self, _: &ConnectionView) -> Result<Vec<Related>, Unavailable> {
        Ok(vec![])
    }

    fn mail_hint(&self, _: &str) -> Option<MailHint> {
        None
    }

    async fn fill_accounts(
        &self,
        _: Provider,
        _: &str,
    ) -> Result<Option<FillAccounts>, Unavailable> {
        Ok(None)
    }

    async fn blank(&self, channel: Channel) -> Result<ConnectionView, Unavailable> {
        Ok(ConnectionView::blank(channel, vec![]))
    }

    async fn timeline(&self, _: ConnectionId) -> Result<Vec<Event>, Unavailable> {
        Ok(data::events(self.0.may_edit()))
    }

    /// Site 169 has two pages of activity.
    async fn activity(&self, query: &ActivityQuery) -> Result<ActivityPage, Unavailable> {
        let found = query.kind.is_none();
        let events = if found { data::events(false) } else { vec![] };
        Ok(ActivityPage { events, more: query.before.is_none(), people: data::people() })
    }

    async fn team(&self) -> Result<Option<Team>, Unavailable> {
        Ok(self.0.may_manage().then(data::team))
    }

    async fn patch(
        &self,
        _: ConnectionId,
        _: Version,
        _: ConnectionPatch,
        _: bool,
        _: &str,
    ) -> Result<Current, SaveError> {
        Err(SaveError::Failed)
    }

    async fn create(
        &self,
        _: Channel,
        _: ConnectionPatch,
        _: &str,
    ) -> Result<ConnectionId, SaveError> {
        Err(SaveError::Failed)
    }
}

/// A page for somebody of this role.
pub async fn page(role: Role, address: &str) -> (StatusCode, String) {
    render(Some(role), address, || {}).await
}

/// The page that answers a post.
pub async fn page_with<T: Clone + Send + Sync + 'static>(
    role: Option<Role>,
    address: &str,
    outcome: T,
) -> (StatusCode, String) {
    render(role, address, move || provide_context(outcome.clone())).await
}

/// A page for somebody of this role, or for nobody.
pub async fn render(
    role: Option<Role>,
    address: &str,
    more: impl Fn() + Clone + Send + Sync + 'static,
) -> (StatusCode, String) {
    // It also starts what Leptos runs its tasks with.
    leptos_axum::generate_route_list(App);
    let options = LeptosOptions::builder().output_name("patchbay").build();
    let context = move || {
        if let Some(role) = role {
            provide_context::<Arc<dyn Backend>>(Arc::new(Caller(role)));
        }
        more();
    };
    let render = leptos_axum::render_app_async_with_context(context, move || shell(&options));
    let request = Request::get(address).body(Body::empty()).unwrap();
    let response = render(request).await;
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, text(std::str::from_utf8(&body).unwrap()))
}

/// Without the marks that Leptos leaves between texts.
fn text(html: &str) -> String {
    html.replace("<!>", "")
}
