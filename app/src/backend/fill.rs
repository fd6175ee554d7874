//! What a sign-in with a provider opens, as pages show it.

use shared::FieldMap;

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
