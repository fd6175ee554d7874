//! What a form learns from another window: values from a sign-in, and which field a test found at fault.
//! Our pages let no window hold on to another, so they talk over a channel that is named after the form.
//! All ends are a few lines of script: a WebAssembly for them would weigh a hundred times as much.

use super::Scripts;
use leptos::{nonce::use_nonce, prelude::*};
use shared::Channel;

/// Puts values into the inputs as if they were typed; that of a secret is opened first. A field at fault is
/// marked until something is typed into it.
const TAKE: &str = "const channel = new BroadcastChannel(FORM);\
const mark = (id, text) => {\
  for (const old of document.querySelectorAll('.fault')) {\
    old.parentElement.classList.remove('invalid');\
    old.remove();\
  }\
  const field = id && document.querySelector(`#${id}, #${id}-toggle`)?.closest('.field');\
  if (!field) return;\
  const message = document.createElement('p');\
  message.className = 'message fault';\
  message.textContent = `The test found: ${text}`;\
  field.append(message);\
  field.classList.add('invalid');\
  field.addEventListener('input', () => mark(), { once: true });\
};\
channel.onmessage = async ({ data }) => {\
  if (data.fault) {\
    mark(...data.fault);\
    dispatchEvent(new Event('tested'));\
  }\
  if (!data.values) return;\
  for (const [id, value] of data.values) {\
    if (!document.getElementById(id)) {\
      document.getElementById(`${id}-toggle`)?.click();\
      await new Promise((done) => setTimeout(done));\
    }\
    const input = document.getElementById(id);\
    if (!input) continue;\
    input.value = value;\
    input.dispatchEvent(new Event('input', { bubbles: true }));\
  }\
  channel.postMessage({ taken: true });\
};";

/// Hands the values over and says whether a form took them.
const GIVE: &str = "const button = document.getElementById('take');\
const channel = new BroadcastChannel(button.dataset.form);\
const said = (id) => { for (const p of document.querySelectorAll('#taken, #missing')) p.hidden = p.id !== id; };\
let timer;\
button.hidden = false;\
button.onclick = () => {\
  channel.postMessage({ values: JSON.parse(button.dataset.values) });\
  timer = setTimeout(said, 1000, 'missing');\
};\
channel.onmessage = ({ data }) => {\
  if (!data.taken) return;\
  clearTimeout(timer);\
  said('taken');\
  close();\
};";

/// Says which field a test found at fault, if one; it runs when the last stage is there.
const TELL: &str = "const { field, fault } = document.querySelector('[data-field]')?.dataset ?? {};\
new BroadcastChannel(FORM).postMessage({ fault: [field, fault] });";

/// A script for a form, whose address becomes a literal.
fn of(script: &str, form: String) -> String {
    script.replacen("FORM", &serde_json::Value::from(form).to_string(), 1)
}

#[component]
fn Script(text: String) -> impl IntoView {
    if let Some(scripts) = use_context::<Scripts>() {
        scripts.allow();
    }
    view! { <script type="module" nonce=use_nonce() inner_html=text></script> }
}

/// The button that opens the other window with what is on the screen, for channels that one signs in for.
#[component]
pub fn FillFromSignIn(channel: Channel, form: String) -> impl IntoView {
    channel.provider().map(|_| {
        let has_query = form.contains('?');
        let action = if has_query { form.replacen('?', "/fill?", 1) } else { form + "/fill" };
        view! {
            // Enter presses a form's first button, and that must be Save.
            <button
                type="submit"
                form="connection"
                class="visually-hidden"
                tabindex="-1"
                aria-hidden="true"
            >
                "Save"
            </button>
            <p class="fill">
                <button
                    type="submit"
                    form="connection"
                    formaction=action
                    formtarget="_blank"
                    formnovalidate
                >
                    "Fill from sign-in…"
                </button>
            </p>
        }
    })
}

/// A form's end.
#[component]
pub fn Listen(form: String) -> impl IntoView {
    view! { <Script text=of(TAKE, form) /> }
}

/// The end of a test's window.
#[component]
pub fn TellFault(form: String) -> impl IntoView {
    view! { <Script text=of(TELL, form) /> }
}

/// The end of the window of a sign-in.
#[component]
pub fn TakeOver(form: String, values: String) -> impl IntoView {
    view! {
        <p class="confirm">
            <button type="button" id="take" class="primary" data-form=form data-values=values hidden>
                "Take into the form"
            </button>
        </p>
        <div role="status">
            <p id="taken" class="notice good" hidden>
                "The form has taken it over. Nothing is saved yet: go back to it, and close this window."
            </p>
            <p id="missing" class="notice bad" hidden>
                "The form is not open any more in another window. Open it, and fill it from there."
            </p>
        </div>
        <noscript>
            <p class="notice bad">"Taking over needs JavaScript. Without it, copy the values by hand."</p>
        </noscript>
        <Script text=GIVE.to_owned() />
    }
}
