//! What a page says of the request that led to it.

use leptos::prelude::*;
use shared::SiteId;

/// A message above a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// Whether all is well.
    pub good: bool,
    /// The sentences.
    pub text: String,
    /// For a connection's form that belongs to another site of the user's.
    pub switch_back: Option<SwitchBack>,
}

/// A button that switches to the site of a form and saves it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchBack {
    /// The site.
    pub site: SiteId,
    /// Where the form is posted.
    pub action: String,
}

impl Flash {
    /// Something was done.
    #[must_use]
    pub fn done(text: impl Into<String>) -> Self {
        Self { good: true, text: text.into(), switch_back: None }
    }

    /// Something was not done.
    #[must_use]
    pub fn problem(text: impl Into<String>) -> Self {
        Self { good: false, text: text.into(), switch_back: None }
    }
}

/// Shows the message, if there is one.
#[component]
pub fn FlashView() -> impl IntoView {
    use_context::<Flash>().map(|Flash { good, text, switch_back }| {
        let (class, role) = if good { ("notice good", "status") } else { ("notice bad", "alert") };
        let button = switch_back.map(|SwitchBack { site, action }| {
            view! {
                // It stands outside of the form, so that Enter in the form does not press it.
                <p>
                    <button
                        type="submit"
                        form="connection"
                        formaction=action
                        formnovalidate
                        name="switch"
                        value=site.to_string()
                    >
                        {format!("Switch back to site {site} and save")}
                    </button>
                </p>
            }
        });
        view! {
            <div id="flash" class=class role=role>
                <p>{text}</p>
                {button}
            </div>
        }
    })
}
