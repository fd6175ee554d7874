//! Says at once that somebody else changed the connection, and shows how it stands.

use super::model::FormModel;
use crate::rpc::read_connection;
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;
use shared::{ConnectionId, ConnectionView, Version};

/// An event of the stream; the change of a connection gave it this version.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Changed {
    id: ConnectionId,
    version: Option<Version>,
}

/// Follows what happens to the connection after an event, as long as its page is there.
pub fn keep_up(model: FormModel, last_event: i64) {
    let Some(id) = model.baseline.with_untracked(|view| view.id) else { return };
    spawn_local(live::follow(last_event.to_string(), move |data| {
        let changed = serde_json::from_str::<Changed>(&data).ok();
        let version =
            changed.filter(|changed| changed.id == id).and_then(|changed| changed.version);
        if let Some(version) = version {
            model.newest.set_value(version);
            look(model);
        }
    }));
}

/// Shows what is stored if that is newer. While the form is being saved, which tells of a change,
/// too, and often before it is answered, nothing is shown: after it, look again.
pub fn look(model: FormModel) {
    let (id, version) = model.baseline.with_untracked(|view| (view.id, view.version));
    let (Some(id), false) = (id, model.saving.get_untracked()) else { return };
    if model.newest.get_value() > version {
        spawn_local(async move {
            if let Ok(now) = read_connection(id).await {
                show(model, now);
            }
        });
    }
}

/// The timeline beside the form stays as it is: a button to undo one change must not become that of
/// another under the pointer.
fn show(model: FormModel, now: ConnectionView) {
    let is_newer = model.baseline.with_untracked(|view| now.version > view.version);
    if is_newer && !model.saving.get_untracked() {
        model.follow(now);
    }
}
