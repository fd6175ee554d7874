//! The few things that the islands ask of the page itself.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement};

/// The text in an input, which may be older than the island: people type before it comes alive.
pub fn value(id: &str) -> Option<String> {
    let element = document().get_element_by_id(id)?;
    match element.dyn_ref::<HtmlInputElement>() {
        Some(input) => Some(input.value()),
        None => element.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value),
    }
}

/// Puts a text into an input.
pub fn set_value(id: &str, text: &str) {
    let Some(element) = document().get_element_by_id(id) else { return };
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.set_value(text);
    } else if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
        select.set_value(text);
    }
}

/// Replaces what is in an element by HTML of the server.
pub fn set_html(id: &str, html: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        element.set_inner_html(html);
    }
}

/// Moves the focus to an element, once what is being changed on the page is there.
pub fn focus(id: String) {
    leptos::prelude::request_animation_frame(move || {
        let element = document().get_element_by_id(&id);
        if let Some(element) = element.as_ref().and_then(|element| element.dyn_ref::<HtmlElement>())
        {
            // Only an element that cannot take the focus refuses it.
            let _ = element.focus();
        }
    });
}

/// Replaces an element by what it is on this page as the server has it now; `None` if that cannot
/// be had.
pub async fn refresh(id: &str) -> Option<()> {
    let fresh = live::fetch().await?.get_element_by_id(id)?;
    document().get_element_by_id(id)?.replace_with_with_node_1(&fresh).ok()
}
