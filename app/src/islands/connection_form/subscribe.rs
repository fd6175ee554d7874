//! Says at once that somebody else changed the connection, and shows how it stands.

use super::model::FormModel;
use crate::{form::TESTED, rpc::read_connection};
use leptos::{ev, prelude::*, task::spawn_local};
use serde::Deserialize;
use shared::{ConnectionId, Version};

/// An event of the stream; the change of a connection gave it this version.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Changed {
    id: ConnectionId,
    version: Option<Version>,
}

/// Follows what happens to the connection after an event, as long as its page is there. The page's script
/// says when a test of the form is over.
pub fn subscribe(model: FormModel, last_event: i64) {
    let Some(id) = model.view.with_untracked(|view| view.id) else { return };
    spawn_local(live::follow(last_event.to_string(), move |data| {
        let changed = serde_json::from_str::<Changed>(&data).ok();
        if let Some(changed) = changed.filter(|changed| changed.id == id) {
            model.news(|news| news.hear(changed.version));
            refetch(model);
        }
    }));
    let tested = window_event_listener(ev::Custom::<web_sys::Event>::new(TESTED), move |_| {
        model.news(|news| news.hear(None));
        refetch(model);
    });
    on_cleanup(move || tested.remove());
}

/// Shows what the server has, if that is news. While the form is being saved, which tells of a change, too,
/// and often before it is answered, nothing is read: after it, look again. The timeline beside the form stays
/// as it is: a button to undo one change must not become that of another under the pointer.
pub fn refetch(model: FormModel) {
    let Some(id) = model.view.with_untracked(|view| view.id) else { return };
    let is_saving = move || model.saving.get_untracked();
    if !model.news(|news| news.begin(model.version(), is_saving())) {
        return;
    }
    spawn_local(async move {
        let now = read_connection(id).await.ok();
        let version = now.as_ref().map(|now| now.view.version);
        let counts = model.news(|news| news.end(version, model.version(), is_saving()));
        let Some(now) = now else { return };
        if counts {
            model.follow(now);
        }
        refetch(model);
    });
}
