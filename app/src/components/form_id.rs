//! What a form says of itself when it is posted.

use crate::backend::backend;
use leptos::prelude::*;

/// The name under which a form posts its id; the form of a connection has it as an element's id, too.
pub const FORM_ID: &str = "form-id";

/// Names the user and the site that a form was rendered for, and an idempotency key. `form` is the
/// id of a form that it does not stand in.
#[component]
pub fn FormId(#[prop(optional)] form: Option<&'static str>) -> impl IntoView {
    let id = form.filter(|form| *form == "connection").map(|_| FORM_ID);
    backend().map(|backend| {
        view! { <input type="hidden" id=id name=FORM_ID value=backend.form_id() form=form /> }
    })
}
