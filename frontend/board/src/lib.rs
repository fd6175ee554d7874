//! Keeps the board up to date. It is a WebAssembly of its own, a tenth of what the form needs: the
//! board is HTML, and its parts are exchanged for those that the server has now.

use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{
    JsCast,
    prelude::{Closure, wasm_bindgen},
};
use web_sys::{Document, Element, Event, HtmlElement, HtmlInputElement};

/// The parts of the page that change, by their ids. What is being typed into the search stays.
const PARTS: [&str; 4] = ["attention", "tabs", "rows", "pages"];

/// Milliseconds between two looks, however much is changed.
const PACE: i32 = 1_000;

/// Follows the changes after an event. Called by the page once the WebAssembly is loaded.
#[wasm_bindgen]
pub async fn follow(after: String) {
    choose_all();
    let state = Rc::new(Cell::new(State::Idle));
    live::follow(after, move |_| match state.replace(State::Changed) {
        State::Idle => wasm_bindgen_futures::spawn_local(subscribe(state.clone())),
        State::Looking | State::Changed => {}
    })
    .await;
}

/// What happened since the last look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Looking,
    Changed,
}

/// Looks at what the server has until nothing changed meanwhile.
async fn subscribe(state: Rc<Cell<State>>) {
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
        choose(&old, &new);
        let focused = focused(&page, &old);
        old.replace_with_with_node_1(&new).ok()?;
        let same = focused.and_then(|selector| new.query_selector(&selector).ok().flatten());
        if let Some(same) = same.and_then(|same| same.dyn_into::<HtmlElement>().ok()) {
            same.focus().ok()?;
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

/// Chooses the rows that were chosen before.
fn choose(old: &Element, new: &Element) -> Option<()> {
    let chosen = old.query_selector_all("[name=id]:checked").ok()?;
    for index in 0..chosen.length() {
        let chosen: Element = chosen.item(index)?.dyn_into().ok()?;
        let same = format!("[name=id][value=\"{}\"]", chosen.get_attribute("value")?);
        if let Some(same) = new.query_selector(&same).ok().flatten() {
            same.set_attribute("checked", "").ok()?;
        }
    }
    Some(())
}

/// Lets one box choose all rows; without this there is none.
fn choose_all() -> Option<()> {
    let page = web_sys::window()?.document()?;
    page.document_element()?.class_list().add_1("live").ok()?;
    let changed = Closure::<dyn Fn(Event)>::new(|event: Event| {
        let all = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(all) = all.filter(|all| all.id() == "choose-all") {
            set_all(all.checked());
        }
    });
    page.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref()).ok()?;
    // As long as the page is there.
    changed.forget();
    Some(())
}

fn set_all(chosen: bool) -> Option<()> {
    let rows = web_sys::window()?.document()?.query_selector_all("#rows [name=id]").ok()?;
    for index in 0..rows.length() {
        rows.item(index)?.dyn_into::<HtmlInputElement>().ok()?.set_checked(chosen);
    }
    Some(())
}

/// The selector of the link or box that has the focus, if it is in a part.
fn focused(page: &Document, part: &Element) -> Option<String> {
    let focused = page.active_element().filter(|element| part.contains(Some(element)))?;
    ["href", "value"]
        .into_iter()
        .find_map(|name| Some(format!("[{name}=\"{}\"]", focused.get_attribute(name)?)))
}
