//! What assistive technology reads of an input.

use super::model::{FieldModel, FormModel};
use leptos::prelude::*;

/// The ids of the texts that belong to an input.
pub fn described_by(field: FieldModel) -> String {
    let id = field.spec.input_id();
    if field.spec.help.is_empty() {
        format!("{id}-message")
    } else {
        format!("{id}-help {id}-message")
    }
}

/// `aria-invalid`, once the field is marked as wrong.
pub fn aria_invalid(model: FormModel, field: FieldModel) -> Signal<Option<&'static str>> {
    Signal::derive(move || model.is_invalid(field).then_some("true"))
}
