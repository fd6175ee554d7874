//! What a sign-in with a provider opens, as pages show it.

use shared::{FieldMap, session::UnusableAccount};

/// An account that a sign-in opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillAccount {
    /// Its name.
    pub name: String,
    /// Its id at the provider.
    pub id: String,
    /// The page that it belongs to, if it is not the page itself.
    pub page: Option<String>,
    /// What a form takes over; for a secret a voucher, which only the server can redeem.
    pub values: FieldMap<String>,
}

/// What to know of a provider of mail before one types a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailHint {
    /// Its name.
    pub provider: &'static str,
    /// What to know.
    pub text: &'static str,
    /// The provider's page about it.
    pub link: &'static str,
}

/// What a sign-in opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FillAccounts {
    /// Those that a form can take over.
    pub usable: Vec<FillAccount>,
    /// Those that cannot be used, each with the reason.
    pub unusable: Vec<UnusableAccount>,
    /// Whether the provider has more, or may have.
    pub is_cut: bool,
}
