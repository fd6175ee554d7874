//! Tests what is due, on whatever site. Servers that share a database share the work: who puts a test off
//! first does it.

use super::{Services, health::is_due};
use crate::{
    audit::Actor,
    store::{self, Due, SiteScope, StoreError, Stored},
};
use futures_util::{StreamExt, stream};
use shared::{Key, SiteId, audit::Via};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use tokio::task::JoinSet;

/// What is taken at a time.
const MAX_CLAIMED_TESTS: u32 = 64;

/// Tests that go on at a time, beside those that people start.
const MAX_RUNNING_TESTS: usize = 8;

/// Of those, at one host or provider.
const MAX_TESTS_PER_HOST: usize = 2;

/// Seconds after which a claimed test is due again: the server that claimed it may be gone.
const CLAIM_SECONDS: i64 = 10 * 60;

impl Services {
    /// Tests what is due by now, of any site; returns how many that were, and whether there may be more.
    pub async fn test_due(&self) -> store::Result<(usize, bool)> {
        let due = self.store.due(self.now().as_second(), MAX_CLAIMED_TESTS).await?;
        let more = due.len() == MAX_CLAIMED_TESTS as usize;
        let mut sites: BTreeMap<SiteId, Vec<Due>> = BTreeMap::new();
        for due in due {
            sites.entry(due.site).or_default().push(due);
        }
        let mut taken = vec![];
        for (site, due) in sites {
            // A site that is stuck must not keep the others' connections from their tests.
            match self.take(site, due).await {
                Ok(due) => taken.extend(self.read(site, due).await),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, %site, "connections of a site could not be taken for tests");
                }
            }
        }
        let count = taken.len();
        stream::iter(lanes(taken))
            .for_each_concurrent(MAX_RUNNING_TESTS, |lane| self.test_all(lane))
            .await;
        Ok((count, more))
    }

    /// Those of a site that are still due. A secret that does not open leaves out its own connection alone.
    async fn read(&self, site: SiteId, due: Vec<Due>) -> Vec<Stored> {
        let mut found = vec![];
        for Due { id, .. } in due {
            match self.store.connection(SiteScope::operator(site), id).await {
                Ok(stored) => found.extend(stored.filter(is_due)),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, %id, "a connection could not be read for its test");
                }
            }
        }
        found
    }

    /// Those of a site's tests that no other server does.
    async fn take(&self, site: SiteId, due: Vec<Due>) -> store::Result<Vec<Due>> {
        let due = Arc::new(due);
        self.write::<_, StoreError>(site, move |services, tx| {
            let due = due.clone();
            Box::pin(async move {
                let until = services.now().as_second() + CLAIM_SECONDS;
                let mut taken = vec![];
                for due in due.iter() {
                    if tx.claim(due, until).await? {
                        taken.push(due.clone());
                    }
                }
                Ok(taken)
            })
        })
        .await
    }

    /// Tests one after the other.
    async fn test_all(&self, lane: Vec<Stored>) {
        for stored in lane {
            let (services, id) = (self.clone(), stored.connection.id);
            // A task of its own: a panic over what a server sent ends this test alone. The set ends the
            // task with the scheduler.
            let mut task = JoinSet::new();
            task.spawn(async move { services.test_one(stored).await });
            if task.join_next().await.is_some_and(|done| done.is_err()) {
                tracing::error!(connection = id.0, "the test of a connection panicked");
            }
        }
    }

    async fn test_one(&self, stored: Stored) {
        let Some(verdict) = self.observe(&stored.connection, None).await else { return };
        let actor = Actor { user: None, who: "Patchbay".to_owned(), via: Via::Schedule };
        self.keep(actor, stored, verdict).await;
    }
}

/// What is tested one after the other: of each host and provider at most some at a time.
fn lanes(connections: Vec<Stored>) -> Vec<Vec<Stored>> {
    let mut hosts: HashMap<String, Vec<Stored>> = HashMap::new();
    for stored in connections {
        let host = stored.connection.text(Key::Host).unwrap_or_default().to_lowercase();
        let host = if host.is_empty() { stored.connection.channel().slug().into() } else { host };
        hosts.entry(host).or_default().push(stored);
    }
    hosts
        .into_values()
        .flat_map(|list: Vec<Stored>| {
            let mut lanes = vec![vec![]; MAX_TESTS_PER_HOST.min(list.len())];
            let count = lanes.len();
            for (index, stored) in list.into_iter().enumerate() {
                lanes[index % count].push(stored);
            }
            lanes
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock, SystemClock},
        demo, keys,
        probe::Probe,
        service::Settings,
        store::{Store, sqlite::Sqlite},
        transfer::line,
        vault::Vault,
    };
    use jiff::{Timestamp, ToSpan};
    use serde_json::json;
    use shared::{Connection, Field};

    /// A day later, when what was added today is due.
    #[derive(Debug)]
    struct Tomorrow;

    impl Clock for Tomorrow {
        fn now(&self) -> Timestamp {
            SystemClock.now() + 24.hours()
        }
    }

    #[tokio::test]
    async fn a_test_that_panics_ends_neither_the_others_nor_the_scheduler() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("patchbay.db").display());
        let vault = Arc::new(Vault::new(folder.path().join("ring")));
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&url, vault.clone()).await.unwrap());
        let keys = async || keys::open(&*store, &vault, SystemClock.now()).await.unwrap();
        demo::fill(&*store, &keys().await.auditor, &SystemClock, demo::More::default())
            .await
            .unwrap();
        let today = SystemClock;
        let today =
            Services::new(store.clone(), Arc::new(today), keys().await, Settings::default());
        let row = |id: u32| {
            line::read(json!({
                "Id": id, "MediaId": "EMAIL", "ProviderId": "PVD9", "Name": "a", "Enabled": "1",
                "UserId": "a@b.example", "From": "a@b.example", "Password": "p", "Port": "993",
                "Host": "mail.b.example", "CreateDate": "2026-01-01 10:00:00",
                "ModifyDate": "2026-01-01 10:00:00",
            }))
        };
        let rows = (900..903).map(|id| row(id).unwrap()).collect();
        today.import(SiteScope::operator(SiteId(169)), rows).await.unwrap();
        let tomorrow = Arc::new(Tomorrow);
        let mut services =
            Services::new(store.clone(), tomorrow, keys().await, Settings::default());
        Arc::get_mut(&mut services.0).unwrap().probe = Arc::new(Probe::panicking());
        let (count, _) = services.test_due().await.unwrap();
        assert!(count >= 3, "{count}");
        assert_eq!(services.test_due().await.unwrap().0, 0, "they are tried again after the lease");
    }

    #[test]
    fn a_host_is_asked_by_few_at_a_time() {
        let mail = |host: &str| {
            let mut connection = Connection::new("EMAIL", Some("PVD9"));
            connection.set(Field::Host, Some(host.into()));
            Stored::new(connection)
        };
        let page = || Stored::new(Connection::new("FCBK", Some("PVD12")));
        let mut all: Vec<_> = (0..9).map(|_| mail("Mail.example")).collect();
        all.extend([mail("mail.example"), mail("other.example"), page(), page(), page()]);
        let mut sizes: Vec<_> = lanes(all).iter().map(Vec::len).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 1, 2, 5, 5]);
    }
}
