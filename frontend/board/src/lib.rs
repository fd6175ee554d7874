//! Keeps the board up to date. It is a WebAssembly of its own, a tenth of what the form needs: the
//! board is HTML, and its parts are exchanged for those that the server has now.

use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use web_sys::{Document, Element, HtmlElement};

/// The parts of the page that change, by their ids. What is being typed into the search stays.
const PARTS: [&str; 3] = ["tabs", "rows", "pages"];

/// Milliseconds between two looks, however much is changed.
const PACE: i32 = 1_000;

/// Follows the changes after an event. Called by the page once the WebAssembly is loaded.
#[wasm_bindgen]
pub async fn follow(after: String) {
    let state = Rc::new(Cell::new(State::Idle));
    let changed = move |_| match state.replace(State::Changed) {
        State::Idle => wasm_bindgen_futures::spawn_local(keep_up(state.clone())),
        State::Looking | State::Changed => {}
    };
    live::follow(after, changed).await;
}

/// What happened since the last look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Looking,
    Changed,
}

/// Looks at what the server has until nothing changed meanwhile.
async fn keep_up(state: Rc<Cell<State>>) {
    while state.replace(State::Looking) == State::Changed {
        if let Some(now) = live::fetch().await {
            exchange(&now);
        }
        live::sleep(PACE).await;
    }
    state.set(State::Idle);
}

/// Exchanges the parts that differ. A page that has none of them, as that of the sign-in, is left
/// alone.
fn exchange(now: &Document) -> Option<()> {
    let page = web_sys::window()?.document()?;
    for id in PARTS {
        let (old, new) = (page.get_element_by_id(id)?, now.get_element_by_id(id)?);
        if old.outer_html() == new.outer_html() {
            continue;
        }
        mark(&old, &new);
        let focused = focused_link(&page, &old);
        old.replace_with_with_node_1(&new).ok()?;
        let link = focused.and_then(|href| new.query_selector(&href).ok().flatten());
        if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
            link.focus().ok()?;
        }
    }
    Some(())
}

/// Marks the rows that were changed since the page was made, or are new on it.
fn mark(old: &Element, new: &Element) -> Option<()> {
    let rows = new.query_selector_all("tbody tr").ok()?;
    for index in 0..rows.length() {
        let row: Element = rows.item(index)?.dyn_into().ok()?;
        let before = old.query_selector(&format!("#{}", row.id())).ok().flatten();
        if before.as_ref().and_then(changed) != changed(&row) {
            row.class_list().add_1("fresh").ok()?;
        }
    }
    Some(())
}

/// When a row's connection was changed.
fn changed(row: &Element) -> Option<String> {
    row.query_selector("time").ok()??.get_attribute("datetime")
}

/// The selector of the link that has the focus, if it is in a part.
fn focused_link(page: &Document, part: &Element) -> Option<String> {
    let focused = page.active_element().filter(|element| part.contains(Some(element)))?;
    Some(format!("a[href=\"{}\"]", focused.get_attribute("href")?))
}
