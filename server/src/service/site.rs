//! Adds a site.

use super::Services;
use crate::{
    audit::{Actor, AuditEvent},
    store::Result,
};
use shared::{SiteId, audit::EventKind};

impl Services {
    /// Adds a site, with a time zone of its own if it is given; `false` if the number is taken. For
    /// the operator.
    pub async fn add_site(
        &self,
        site: SiteId,
        name: String,
        time_zone: Option<String>,
    ) -> Result<bool> {
        let mut tx = self.store.begin(site).await?;
        if !tx.insert_site(site, &name, time_zone.as_deref()).await? {
            return Ok(false);
        }
        let event = AuditEvent::new(EventKind::SiteAdded, name);
        self.auditor.record(&mut *tx, site, &Actor::operator(), event, self.now()).await?;
        tx.commit().await?;
        Ok(true)
    }
}
