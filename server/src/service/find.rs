//! Finds connections by age.

use super::Services;
use crate::store::{FindQuery, Result, SiteScope, Stored};

impl Services {
    /// A page of the site's connections by number.
    pub async fn find(&self, scope: SiteScope, query: &FindQuery) -> Result<Vec<Stored>> {
        self.store.find(scope, query).await
    }

    /// How many connections match, on all pages.
    pub async fn count(&self, scope: SiteScope, query: &FindQuery) -> Result<u64> {
        self.store.count(scope, query).await
    }
}
