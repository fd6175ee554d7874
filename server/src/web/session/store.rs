//! Where browser sessions are stored.

use super::{ABSOLUTE, CALLER, Caller, IDLE};
use crate::{
    clock::Clock,
    service::Services,
    store::{Store, StoredSession, UserId},
};
use async_trait::async_trait;
use aws_lc_rs::digest;
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// The sessions in our own database, under hashed ids: who reads it cannot sign in with it. Of one request, which
/// loads one session at most.
#[derive(Clone)]
pub(in crate::web) struct RequestSessions {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    pub(super) loaded: Arc<OnceLock<(Id, StoredSession)>>,
}

impl fmt::Debug for RequestSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestSessions")
    }
}

impl RequestSessions {
    pub(super) fn new(services: &Services) -> Self {
        let (store, clock) = (services.store().clone(), services.clock().clone());
        Self { store, clock, loaded: Arc::default() }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// What the session held when it was loaded.
    fn before(&self, id: Id) -> Result<HashMap<String, Value>> {
        match self.loaded.get() {
            Some((of, stored)) if *of == id => serde_json::from_str(&stored.data).map_err(backend),
            _ => Ok(HashMap::default()),
        }
    }
}

/// Under what the database has a session.
pub(in crate::web) fn key(id: &Id) -> String {
    hex::encode(digest::digest(&digest::SHA256, &id.0.to_be_bytes()))
}

/// What a request did to its session. Another request of the same browser may have saved meanwhile, so that all
/// of the record would undo that: a message left for a page, or a switch of the site.
fn changes(before: &HashMap<String, Value>, now: &HashMap<String, Value>) -> Map<String, Value> {
    let removed = before.keys().filter(|key| !now.contains_key(*key));
    let set = now.iter().filter(|(key, value)| before.get(*key) != Some(*value));
    removed
        .map(|key| (key.clone(), Value::Null))
        .chain(set.map(|(key, value)| (key.clone(), value.clone())))
        .collect()
}

pub(super) fn caller_of(data: &HashMap<String, Value>) -> Result<Option<Caller>> {
    let caller = data.get(CALLER).cloned().map(serde_json::from_value);
    caller.transpose().map_err(backend)
}

fn expires_at(caller: Option<Caller>, now: i64) -> i64 {
    let since = caller.map_or(now, |caller| caller.since);
    (now + IDLE).min(since + ABSOLUTE)
}

fn backend(error: impl fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for RequestSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // Two of 2^128 random ids never meet.
        let data = serde_json::to_string(&record.data).map_err(backend)?;
        let (now, caller) = (self.now(), caller_of(&record.data)?);
        let (end, user) = (expires_at(caller, now), caller.map(|caller| UserId(caller.user)));
        let id = key(&record.id);
        self.store.insert_session(&id, user, &data, now, end).await.map_err(backend)
    }

    /// A session that was ended by another request meanwhile stays so.
    async fn save(&self, record: &Record) -> Result<()> {
        let changes = Value::from(changes(&self.before(record.id)?, &record.data)).to_string();
        let end = expires_at(caller_of(&record.data)?, self.now());
        self.store.update_session(&key(&record.id), &changes, end).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.store.session(&key(id), self.now()).await.map_err(backend)?;
        let Some(stored) = found else { return Ok(None) };
        let record = Record {
            id: *id,
            data: serde_json::from_str(&stored.data).map_err(backend)?,
            expiry_date: OffsetDateTime::from_unix_timestamp(stored.expires_at).map_err(backend)?,
        };
        self.loaded.set((*id, stored)).ok();
        Ok(Some(record))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.store.delete_session(&key(id)).await.map_err(backend)
    }
}

#[cfg(test)]
mod tests;
