//! What the server does from time to time, unasked.

use super::Services;
use crate::{
    keys,
    store::{self, SERVER, StoreError},
};

impl Services {
    /// Forgets the replaced secrets, keys, idempotency keys and sign-ins whose time is over, and takes up keys that were added.
    pub async fn maintain(&self) -> store::Result<()> {
        let drop_kept = self.write::<_, StoreError>(SERVER, |services, tx| {
            Box::pin(async {
                let now = services.now().as_second();
                tx.drop_provider_sessions(now).await?;
                tx.drop_idempotency_keys(now).await?;
                tx.delete_expired_secrets(now).await
            })
        });
        let dropped = drop_kept.await?;
        if dropped > 0 {
            tracing::info!(dropped, "forgot secrets that were replaced long ago");
        }
        keys::drop_replaced(&*self.store, self.now()).await?;
        self.set_tokens(keys::tokens(&*self.store).await?);
        Ok(())
    }
}
