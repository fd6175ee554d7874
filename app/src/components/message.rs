//! What a page says first: what was done, or why it was not.

use leptos::prelude::*;

/// A sentence above a page's content. Other texts refer to it by the id `notice`.
#[component]
pub fn Message(good: bool, children: Children) -> impl IntoView {
    let (class, role) = if good { ("notice good", "status") } else { ("notice bad", "alert") };
    view! {
        <div id="notice" class=class role=role>
            {children()}
        </div>
    }
}
