//! A channel's icon, drawn in one stroke colour. It stands beside the channel's name, so screen
//! readers skip it.

use leptos::prelude::*;
use shared::Channel;

/// The icon of a channel.
#[component]
pub fn ChannelIcon(channel: Channel) -> impl IntoView {
    let path = match channel {
        Channel::EmailInbound => "M2 8v5h12V8M2 8l3-5h6l3 5M2 8h4l1 2h2l1-2h4M8 1v5M6 4l2 2 2-2",
        Channel::EmailOutbound => "M14 2 1.5 7l5 2.500zM14 2l-5 12.500-2.500-5z",
        Channel::Facebook => "M2 2h12v12H2zM9 14V7.500Q9 5.500 11 5.500M7 9h4",
        Channel::Instagram => "M2 2h12v12H2zM8 5.200a2.800 2.800 0 1 1-.01 0M11.600 4.200h.2",
        Channel::Twitter => {
            "M2 12q3 .5 4.500-1Q3 9 3 4q2.500 2.500 5 2.500Q8 3 10.500 3T13 4.500L14.500 4 13 6.500Q13 13 7 13.500q-3 0-5-1.500z"
        }
        Channel::Other => "M2 3h12v8H7l-3 3v-3H2z",
    };
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d=path fill="none" stroke="currentColor" stroke-linejoin="round" />
        </svg>
    }
}
