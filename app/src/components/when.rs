//! A time, relative, with the exact one on hover.

use leptos::prelude::*;
use shared::view::Moment;

/// `3 days ago`
#[component]
pub fn When(moment: Moment) -> impl IntoView {
    let datetime = format!("{}Z", moment.exact.replace(' ', "T"));
    let title = format!("{} UTC", moment.exact);
    view! {
        <time datetime=datetime title=title>
            {moment.ago}
        </time>
    }
}
