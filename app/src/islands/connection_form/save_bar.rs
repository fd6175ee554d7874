//! The bar at the foot: what would be saved, and the buttons.

use super::model::FormModel;
use leptos::prelude::*;

/// Names the changes, and saves or discards them.
#[component]
pub fn SaveBar(model: FormModel) -> impl IntoView {
    let new = model.view.with_untracked(|view| view.id.is_none());
    let test = model.view.with_untracked(|view| match view.id {
        Some(id) => format!("/connections/{id}/test"),
        None => format!("/connections/new/test?channel={}", view.channel.slug()),
    });
    let changes = move || {
        let labels: Vec<_> = model.patch.with(|patch| {
            let fields = model.fields().into_iter().map(|field| field.spec);
            fields.filter(|spec| patch.get(spec.field).is_some()).map(|spec| spec.label).collect()
        });
        match labels.as_slice() {
            _ if !model.live.get() || new => String::new(),
            [] => "No changes".to_owned(),
            [one] => format!("1 change: {one}"),
            many => format!("{} changes: {}", many.len(), many.join(", ")),
        }
    };
    let save = move || match (model.saving.get(), new) {
        (true, _) => "Saving…",
        (false, true) => "Create connection",
        (false, false) => "Save",
    };
    view! {
        <div class="save-bar">
            <p role="status">{changes}</p>
            <button type="submit" formaction=test formtarget="_blank" formnovalidate>
                "Test"
            </button>
            <button type="reset" class="quiet">
                "Discard"
            </button>
            <button
                type="submit"
                class="primary"
                aria-disabled=move || model.saving.get().then_some("true")
            >
                {save}
            </button>
        </div>
    }
}
