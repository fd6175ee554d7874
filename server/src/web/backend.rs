//! What the pages need of a server, for one caller.

use super::{find_settings::hint, form_id::FormId};
use crate::{
    probe::hint_of_host,
    service::{self, CreateRequest, PatchRequest, Services, Subject, TeamError, Voucher},
    store::{Principal, StoreError, Stored},
    wording::violation,
};
use app::{
    answer::{Current, SaveError},
    backend::{Account, Backend, FillAccount, FillAccounts, MailHint, Team, Unavailable},
    health_html,
};
use async_trait::async_trait;
use shared::{
    Channel, ConnectionId, ConnectionPatch, ConnectionView, Field, Provider, SaveRefusal, SiteId,
    Version, Violations,
    audit::{ActivityPage, ActivityQuery, Event, Via},
    board::{BoardPage, BoardQuery},
    session::{Accounts, Candidate},
    view::Related,
};

/// The use cases, bound to a caller.
pub(super) struct SiteBackend {
    pub(super) services: Services,
    pub(super) principal: Principal,
    pub(super) sites: Sites,
}

/// What a page shows of the caller's sites.
#[derive(Clone, Debug, Default)]
pub(super) struct Sites {
    /// Those that the caller may switch to.
    pub(super) names: Vec<(SiteId, String)>,
    /// The number of the last event of the caller's own, before the page was read.
    pub(super) last_event: i64,
}

#[async_trait]
impl Backend for SiteBackend {
    fn account(&self) -> Account {
        let Principal { email, site, site_name, role, .. } = self.principal.clone();
        let Sites { names: sites, last_event } = self.sites.clone();
        Account { email, site, site_name, role, sites, last_event }
    }

    async fn board(&self, query: &BoardQuery) -> Result<BoardPage, Unavailable> {
        self.services.board(self.principal.scope(), query).await.map_err(|e| unavailable(&e))
    }

    async fn connection(&self, id: ConnectionId) -> Result<Option<Current>, Unavailable> {
        let stored = self.services.get(self.principal.scope(), id).await;
        match stored.map_err(|error| unavailable(&error))? {
            Some(stored) => Ok(Some(self.current(&stored).await.map_err(|e| unavailable(&e))?)),
            None => Ok(None),
        }
    }

    fn form_id(&self) -> String {
        // Without randomness the form is one that says nothing of itself.
        FormId::new(&self.principal).map(|id| id.to_string()).unwrap_or_default()
    }

    async fn other_site_of(
        &self,
        id: ConnectionId,
    ) -> Result<Option<(SiteId, String)>, Unavailable> {
        let others = self.sites.names.iter().filter(|(site, _)| *site != self.principal.site);
        for (site, name) in others {
            let there = self.services.principal(self.principal.user, *site, Via::Ui).await;
            let Some(there) = there.map_err(|error| unavailable(&error))? else { continue };
            let found = self.services.get(there.scope(), id).await;
            if found.map_err(|error| unavailable(&error))?.is_some() {
                return Ok(Some((*site, name.clone())));
            }
        }
        Ok(None)
    }

    fn operator_faults(&self) -> Vec<String> {
        self.services.operator_faults()
    }

    async fn same_account(&self, view: &ConnectionView) -> Result<Vec<Related>, Unavailable> {
        let found = self.services.same_account(self.principal.scope(), view).await;
        found.map_err(|error| unavailable(&error))
    }

    fn can_sign_in(&self, provider: Provider) -> bool {
        self.services.can_sign_in_with(provider)
    }

    fn mail_hint(&self, host: &str) -> Option<MailHint> {
        hint_of_host(host).map(hint)
    }

    async fn fill_accounts(
        &self,
        provider: Provider,
        session: &str,
    ) -> Result<Option<FillAccounts>, Unavailable> {
        let found = self.services.accounts(&self.principal, provider, session).await;
        let found = found.map_err(|error| unavailable(&error))?;
        let account = |(account, candidate): (usize, Candidate)| {
            let values = candidate
                .patch
                .iter()
                .filter_map(|(field, value): (Field, Option<&str>)| {
                    let value = if field.is_secret() {
                        Voucher { provider, field, id: session.to_owned(), account }
                            .text(&candidate)
                    } else {
                        value?.to_owned()
                    };
                    Some((field, value))
                })
                .collect();
            let Candidate { name, id, page, .. } = candidate;
            FillAccount { name, id, page, values }
        };
        Ok(found.map(|Accounts { candidates, unusable, is_cut }| FillAccounts {
            usable: candidates.into_iter().enumerate().map(account).collect(),
            unusable,
            is_cut,
        }))
    }

    async fn blank(&self, channel: Channel) -> Result<ConnectionView, Unavailable> {
        self.services.blank(self.principal.scope(), channel).await.map_err(|e| unavailable(&e))
    }

    async fn timeline(&self, id: ConnectionId) -> Result<Vec<Event>, Unavailable> {
        self.services.timeline(&self.principal, id).await.map_err(|e| unavailable(&e))
    }

    async fn activity(&self, query: &ActivityQuery) -> Result<ActivityPage, Unavailable> {
        self.services.activity(&self.principal, query).await.map_err(|e| unavailable(&e))
    }

    async fn team(&self) -> Result<Option<Team>, Unavailable> {
        match self.services.team(&self.principal).await {
            Ok(team) => Ok(Some(team)),
            Err(TeamError::Store(error)) => Err(unavailable(&error)),
            Err(_) => Ok(None),
        }
    }

    async fn patch(
        &self,
        id: ConnectionId,
        version: Version,
        patch: ConnectionPatch,
        allow_account_change: bool,
        form_id: &str,
    ) -> Result<Current, SaveError> {
        self.opened_form(form_id)?;
        let patch = match self.services.redeem(&self.principal, Subject::Stored(id), patch).await {
            Ok(patch) => patch,
            Err(error) => return Err(self.save_error(error).await),
        };
        let versions = Some(vec![version]);
        let request =
            PatchRequest { versions, allow_account_change, ..PatchRequest::new(id, patch) };
        match self.services.patch(&self.principal, request).await {
            // It is saved: without its relations, if they cannot be read now.
            Ok(stored) => Ok(self.current(&stored).await.unwrap_or_else(|error| {
                log(&error);
                self.with_health(&stored, self.services.view_alone(&stored))
            })),
            Err(error) => Err(self.save_error(error).await),
        }
    }

    async fn create(
        &self,
        channel: Channel,
        patch: ConnectionPatch,
        form_id: &str,
    ) -> Result<ConnectionId, SaveError> {
        let form = self.opened_form(form_id)?;
        let patch = match self.services.redeem(&self.principal, Subject::New(channel), patch).await
        {
            Ok(patch) => patch,
            Err(error) => return Err(self.save_error(error).await),
        };
        let request = CreateRequest {
            idempotency_key: form.map(|form| form.idempotency_key()),
            ..CreateRequest::of(channel, patch)
        };
        match self.services.create(&self.principal, request).await {
            Ok(stored) => Ok(stored.connection.id),
            Err(error) => Err(self.save_error(error).await),
        }
    }
}

impl SiteBackend {
    /// Of a caller who is not asked for other sites.
    pub(super) fn new(services: &Services, principal: Principal) -> Self {
        Self { services: services.clone(), principal, sites: Sites::default() }
    }

    /// The form that a save comes from, if it says so. One that was rendered for somebody else, or
    /// for another site, is not saved.
    fn opened_form(&self, id: &str) -> Result<Option<FormId>, SaveError> {
        let Ok(form) = id.parse::<FormId>() else { return Ok(None) };
        if form.user != self.principal.user {
            return Err(SaveRefusal::SignedOut.into());
        }
        if form.site != self.principal.site {
            return Err(SaveRefusal::OtherSite.into());
        }
        Ok(Some(form))
    }

    /// A connection as its page shows it.
    async fn current(&self, stored: &Stored) -> Result<Current, StoreError> {
        let view = self.services.view(self.principal.scope(), stored).await?;
        Ok(self.with_health(stored, view))
    }

    fn with_health(&self, stored: &Stored, view: ConnectionView) -> Current {
        Current { view, health: health_html(self.services.health(stored)) }
    }

    async fn save_error(&self, error: service::SaveError) -> SaveError {
        let service::SaveError::Refused(refusal) = error else { return failed(&error) };
        let refusal = match refusal.split() {
            Err(now) => match self.current(&now).await {
                Ok(now) => SaveRefusal::Stale(Box::new(now)),
                Err(error) => return failed(&error),
            },
            Ok(SaveRefusal::AccountChanged(mut violations)) => {
                for found in &mut violations.0 {
                    found.message += violation::SAVE_TO_MOVE;
                }
                SaveRefusal::Invalid(violations)
            }
            Ok(SaveRefusal::KeyReused) => {
                SaveRefusal::Invalid(Violations(vec![violation::form_used()]))
            }
            Ok(refusal @ (SaveRefusal::ReadOnly(_) | SaveRefusal::TooMany(_))) => {
                return failed(&refusal);
            }
            Ok(refusal) => refusal,
        };
        refusal.into()
    }
}

fn unavailable(error: &StoreError) -> Unavailable {
    log(error);
    Unavailable
}

fn log(error: &StoreError) {
    tracing::error!(error = error as &dyn std::error::Error, "a page failed");
}

fn failed(error: &(dyn std::error::Error + 'static)) -> SaveError {
    tracing::error!(error, "a save failed");
    SaveError::Failed
}
