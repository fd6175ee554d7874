//! `patchbay end-everything`

use super::{Database, output::print};
use crate::{
    audit::AuditEvent,
    clock::{Clock, SystemClock},
    keys,
};
use clap::Args;
use shared::audit::EventKind;

#[derive(Debug, Args)]
pub(super) struct EndEverything {
    #[command(flatten)]
    database: Database,
}

impl EndEverything {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let opened = self.database.open().await?;
        let event = AuditEvent::new(EventKind::SignedOutEverywhere, "everybody: by the operator");
        let (store, auditor) = (&*opened.store, &opened.keys.auditor);
        keys::end_everything(store, auditor, event, SystemClock.now()).await?;
        print("all sessions, tokens and invitations have ended: everybody signs in again");
        Ok(())
    }
}
