//! A channel's icon, drawn in one stroke colour. It stands beside the channel's name, so screen
//! readers skip it.

use leptos::prelude::*;
use shared::Channel;

/// The icon of a channel.
#[component]
pub fn ChannelIcon(channel: Channel) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d=channel.icon() fill="none" stroke="currentColor" stroke-linejoin="round" />
        </svg>
    }
}
