//! Finds connections by age.

use super::Services;
use crate::store::{FindQuery, Found, Result, SiteScope};

impl Services {
    /// A page of the site's connections by number.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find(&self, scope: SiteScope, query: &FindQuery) -> Result<Found> {
        self.store.find(scope, query).await
    }
}
