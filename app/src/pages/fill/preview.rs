//! The last step: each field that would change, old and new, and the way into the form.

use super::Request;
use crate::{backend::FillAccount, components::TakeOver};
use leptos::prelude::*;
use shared::{ConnectionView, Field, FieldSpec};

/// A field that would change.
struct Row {
    label: &'static str,
    old: String,
    new: String,
}

/// The table and the button.
pub(super) fn preview(
    view: &ConnectionView,
    request: &Request,
    account: &FillAccount,
) -> impl IntoView + use<> {
    let stands = |field: Field| {
        let typed = request.draft.iter().find(|(name, _)| name == field.name());
        typed.map_or_else(|| view.value(field).to_owned(), |(_, value)| value.clone())
    };
    let fields = view.channel.fields().iter();
    let all: Vec<(&FieldSpec, String)> =
        fields.filter_map(|spec| Some((spec, account.values.get(spec.field)?.clone()))).collect();
    let changes =
        |(spec, new): &&(&FieldSpec, String)| spec.field.is_secret() || stands(spec.field) != *new;
    let row = |(spec, new): &(&'static FieldSpec, String)| {
        if spec.field.is_secret() {
            let is_set = view.secrets.get(spec.field).is_some();
            let old = if is_set { "set" } else { "" };
            return Row { label: spec.label, old: old.into(), new: "changed".into() };
        }
        Row { label: spec.label, old: stands(spec.field), new: new.clone() }
    };
    let rows: Vec<_> = all.iter().filter(changes).map(row).collect();
    let moves =
        Field::ALL.into_iter().filter(|field| field.identifies_account()).find_map(|field| {
            let (old, new) = (view.value(field), account.values.get(field)?);
            (!old.is_empty() && !old.eq_ignore_ascii_case(new))
                .then(|| (old.to_owned(), new.clone()))
        });
    // All of them: what is typed in the form since this window was opened is of another account.
    let values: Vec<(&str, &str)> =
        all.iter().map(|(spec, new)| (spec.input_id(), new.as_str())).collect();
    let values = serde_json::to_string(&values).unwrap_or_default();
    let again = request.address();
    view! {
        {moves
            .map(|(old, new)| {
                view! {
                    <p id="notice" class="notice bad" role="alert">
                        "This is another account. The connection is for "
                        <strong>{old}</strong>
                        ", and you have chosen "
                        <strong>{account.name.clone()}</strong>
                        " ("
                        {new}
                        "). Take it over only if the connection is to be moved there."
                    </p>
                }
            })}
        <table class="list fields">
            <thead>
                <tr>
                    <th scope="col">"Field"</th>
                    <th scope="col">"In the form"</th>
                    <th scope="col">"From sign-in"</th>
                </tr>
            </thead>
            <tbody>
                {rows
                    .into_iter()
                    .map(|Row { label, old, new }| {
                        view! {
                            <tr>
                                <th scope="row">{label}</th>
                                <td data-label="In the form">{old}</td>
                                <td data-label="From sign-in">{new}</td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
        <TakeOver form=request.form() values />
        <p>
            <a href=again>"Use another sign-in or account"</a>
        </p>
    }
}
