//! Reads of callers and connections: those that wait together share one statement.

use super::{Services, queue::GroupServer};
use crate::store::{self, Loaded, Store, Wanted};
use shared::SiteId;
use std::sync::Arc;

impl Services {
    /// What a user is on a site, and a connection of it, as they are now.
    pub(super) async fn load(&self, wanted: Wanted) -> store::Result<Loaded> {
        let partition = self.store.partition_of(wanted.site);
        self.reads.serve(partition, wanted, || Reader(self.store.clone())).await
    }
}

pub(super) struct Reader(Arc<dyn Store>);

impl GroupServer for Reader {
    type Request = Wanted;
    type Answer = Loaded;

    async fn serve(&self, partition: SiteId, wanted: &[&Wanted]) -> store::Result<Vec<Loaded>> {
        let wanted: Vec<_> = wanted.iter().map(|wanted| **wanted).collect();
        self.0.load_all(partition, &wanted).await
    }
}
