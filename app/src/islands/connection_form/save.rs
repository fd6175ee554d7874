//! Sends what changed, and does with the answer what the user would expect.

use super::{draft::Inputs, model::FormModel, subscribe::refetch};
use crate::{
    answer::SaveError,
    dom,
    form::{Notice, TIMELINE},
    rpc::{create_connection, patch_connection},
};
use leptos::{prelude::*, task::spawn_local};
use shared::{Code, ConnectionPatch, Field, SaveRefusal, Violations};

/// Saves the form.
pub fn save(model: FormModel) {
    if model.saving.get_untracked() {
        return;
    }
    for field in model.fields() {
        field.left.set(true);
    }
    // Saving once more confirms the other account, which was shown.
    let allow_account_change = model
        .refused
        .with_untracked(|refused| refused.0.iter().any(|v| v.code == Code::AccountChanged));
    model.refused.set(Violations::default());
    if model.violations.with_untracked(|found| !found.allow_saving()) {
        return refused(model);
    }
    let patch = model.patch.get_untracked();
    if patch.is_empty() {
        return model.notice.set(Some(Notice::Unchanged));
    }
    if model.shows_overlap() {
        return dom::focus("notice".to_owned());
    }
    let sent = model.draft.with_untracked(|draft| draft.inputs.clone());
    send(model, patch, Some(sent), allow_account_change);
}

/// Enables or disables the connection. What is typed elsewhere in the form stays as it is.
pub fn set_enabled(model: FormModel, enabled: bool) {
    let value = if enabled { "1" } else { "0" };
    send(model, ConnectionPatch::default().with(Field::Enabled, Some(value)), None, false);
}

/// `sent` is what was in the inputs, if they are what is saved.
fn send(
    model: FormModel,
    patch: ConnectionPatch,
    sent: Option<Inputs>,
    allow_account_change: bool,
) {
    let (id, version, channel) =
        model.view.with_untracked(|view| (view.id, view.version, view.channel));
    model.saving.set(true);
    // A page's own hidden input.
    let form_id = dom::value("form-id").unwrap_or_default();
    spawn_local(async move {
        let result = match id {
            Some(id) => {
                patch_connection(id, version, patch, allow_account_change, form_id).await.map(Some)
            }
            None => create_connection(channel, patch, form_id).await.map(|id| {
                let address = format!("/connections/{id}?done=created");
                // The form stays as it is if the browser refuses to go there.
                let _ = window().location().set_href(&address);
                None
            }),
        };
        match result {
            // The page is about to go: it is still saving, so that nothing asks whether to leave.
            Ok(None) => {}
            Ok(Some(now)) => {
                match sent {
                    Some(sent) => model.saved(now, &sent),
                    None => model.switched(now),
                }
                model.saving.set(false);
                // What is there stays if it cannot be had: the save is done.
                dom::refresh(TIMELINE).await;
            }
            Err(error) => {
                failed(model, error);
                model.saving.set(false);
            }
        }
        refetch(model);
    });
}

fn failed(model: FormModel, error: SaveError) {
    match error {
        SaveError::Refused(SaveRefusal::Invalid(violations)) => {
            model.refused.set(violations);
            return refused(model);
        }
        SaveError::Refused(SaveRefusal::Stale(now)) => model.merge(*now),
        error => model.notice.set(Some(error.notice())),
    }
    dom::focus("notice".to_owned());
}

/// Says that rules are broken, and takes the user to the first field at fault.
fn refused(model: FormModel) {
    model.notice.set(Some(Notice::Invalid));
    let first = model.fields().into_iter().find(|field| untrack(|| model.is_invalid(*field)));
    let id = first.map_or("notice", |field| field.spec.input_id());
    dom::focus(id.to_owned());
}
