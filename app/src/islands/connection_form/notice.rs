//! What is said above the fields.

use super::model::FormModel;
use crate::form::Notice;
use leptos::prelude::*;

/// The notice, with links to the fields at fault.
#[component]
pub fn NoticeView(model: FormModel) -> impl IntoView {
    let notice = Memo::new(move |_| model.notice.get());
    let class = move || match notice.get() {
        None => "notice none",
        Some(notice) if notice.is_good() => "notice good",
        // Beside it the page shows a button to switch back.
        Some(Notice::OtherSite) => "notice bad other-site",
        Some(_) => "notice bad",
    };
    view! {
        <div id="notice" class=class tabindex="-1" role="status">
            {move || {
                notice
                    .get()
                    .map(|notice| {
                        view! {
                            <p>{notice.text()}</p>
                            {(notice == Notice::Invalid).then(|| view! { <FieldLinks model /> })}
                            {(notice == Notice::SignedOut)
                                .then(|| {
                                    view! {
                                        <p>
                                            <a href="/login" target="_blank">
                                                "Sign in again in another tab"
                                            </a>
                                        </p>
                                    }
                                })}
                        }
                    })
            }}
        </div>
    }
}

/// The fields at fault, as links to them.
#[component]
fn FieldLinks(model: FormModel) -> impl IntoView {
    let links = move || {
        model
            .fields()
            .into_iter()
            .filter(|field| model.is_invalid(*field))
            .map(|field| {
                let href = format!("#{}", field.spec.input_id());
                view! {
                    <li>
                        <a href=href>{field.spec.label}</a>
                    </li>
                }
            })
            .collect_view()
    };
    view! { <ul>{links}</ul> }
}
