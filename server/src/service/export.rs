//! What is written down of an export.

use super::Services;
use crate::{
    audit::{Actor, AuditEvent},
    store::{self, SiteScope, StoreError},
};
use shared::audit::EventKind;

impl Services {
    /// Notes that a site's secrets are about to be read in clear. For the operator.
    pub async fn note_export(&self, scope: SiteScope) -> store::Result<()> {
        self.write::<_, StoreError>(scope.site(), move |services, tx| {
            Box::pin(async move {
                let event = AuditEvent::new(EventKind::SecretsExported, "");
                let (operator, now) = (Actor::operator(), services.now());
                services.auditor.record(tx, scope.site(), &operator, event, now).await.map(drop)
            })
        })
        .await
    }
}
