//! The frame of every page behind the sign-in.

use super::{AccountMenu, FlashView};
use crate::backend::Account;
use leptos::prelude::*;

/// What a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The board.
    Board,
    /// One connection, or a new one.
    Connection,
    /// The activity.
    Activity,
    /// The team.
    Team,
    /// The user's own account.
    Account,
    /// None of these.
    Elsewhere,
}

impl Section {
    /// `aria-current` of the link to a section: the page itself, or one that belongs to it.
    fn current(self, link: Self) -> Option<&'static str> {
        match (self, link) {
            (Self::Connection, Self::Board) => Some("true"),
            _ => (self == link).then_some("page"),
        }
    }
}

/// Head with the navigation and the account's menu; then the page.
#[component]
pub fn Layout(account: Account, section: Section, children: Children) -> impl IntoView {
    let link = |to: Section, href: &'static str, label: &'static str| {
        view! {
            <a href=href aria-current=section.current(to)>
                {label}
            </a>
        }
    };
    let team = account.role.may_manage().then(|| link(Section::Team, "/team", "Team"));
    view! {
        <header class="top">
            <a class="brand" href="/">
                "Patchbay"
            </a>
            <nav aria-label="Main">
                {link(Section::Board, "/", "Connections")}
                {link(Section::Activity, "/activity", "Activity")} {team}
            </nav>
            <AccountMenu account current=section.current(Section::Account) />
        </header>
        <FlashView />
        {children()}
    }
    // A page's type would hold all of this, and the compiler has a limit.
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::Section;

    #[test]
    fn one_link_is_current() {
        assert_eq!(Section::Board.current(Section::Board), Some("page"));
        assert_eq!(Section::Connection.current(Section::Board), Some("true"));
        assert_eq!(Section::Activity.current(Section::Board), None);
        assert_eq!(Section::Elsewhere.current(Section::Team), None);
    }
}
