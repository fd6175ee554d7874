//! What stands in a browser's form for the secrets of a sign-in with a provider: it never gets the tokens
//! themselves, and the server puts them in place when the form is saved or tested.

use super::{SaveError, Services};
use crate::store::SiteScope;
use shared::{
    Change, Code, ConnectionPatch, Field, Provider, Violation, Violations, session::Candidate,
};

/// What a voucher begins with, if it does not begin with a user's number.
const BEGIN: &str = "from-sign-in:";

impl Services {
    /// Puts the secrets of sign-ins in the place of their vouchers: a browser has vouchers alone.
    ///
    /// # Errors
    /// If a voucher is no good any more.
    pub async fn redeem(
        &self,
        scope: SiteScope,
        mut patch: ConnectionPatch,
    ) -> Result<ConnectionPatch, SaveError> {
        let vouchers: Vec<_> = patch
            .iter()
            .filter(|(field, _)| field.is_secret())
            .filter_map(|(field, value)| Some((field, Voucher::parse(value?)?)))
            .collect();
        for (field, Voucher { provider, id, account }) in vouchers {
            let accounts = self.accounts(scope, provider, &id).await?.unwrap_or_default();
            let found = accounts.get(account).and_then(|found| found.patch.get(field));
            let Some(Change::Set(secret)) = found else { return Err(spent(field)) };
            patch.set(field, Some(secret.expose().to_owned()));
        }
        Ok(patch)
    }
}

fn spent(field: Field) -> SaveError {
    let message = "The sign-in that this comes from is over. Fill the form from a new sign-in.";
    let violation = Violation::error(field.key(), Code::Required, message);
    SaveError::Invalid(Violations(vec![violation]))
}

/// What stands in a form for a secret of a sign-in.
#[derive(Debug, PartialEq, Eq)]
pub struct Voucher {
    /// The provider.
    pub provider: Provider,
    /// The session's id.
    pub id: String,
    /// The account, by its place.
    pub account: usize,
}

impl Voucher {
    /// As a text that the rules of a field's secret take: Twitter's token begins with the user's number.
    #[must_use]
    pub fn text(&self, field: Field, candidate: &Candidate) -> String {
        let Self { provider, id, account } = self;
        let user = match (provider, field) {
            (Provider::Twitter, Field::Token) => format!("{}-", candidate.id),
            _ => String::new(),
        };
        format!("{user}{BEGIN}{}:{id}:{account}", provider.slug())
    }

    fn parse(text: &str) -> Option<Self> {
        let (before, rest) = text.split_once(BEGIN)?;
        let mut parts = rest.split(':');
        let (provider, id, account) = (parts.next()?, parts.next()?, parts.next()?);
        let is_whole =
            parts.next().is_none() && before.chars().all(|c| c.is_ascii_digit() || c == '-');
        is_whole.then_some(())?;
        let provider = Provider::from_slug(provider)?;
        Some(Self { provider, id: id.to_owned(), account: account.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{rules::check_value, session::candidates};

    #[test]
    fn a_voucher_keeps_the_rules_of_its_field_and_is_read_back() {
        let json = r#"{"profile":{"oauth_token":"12-a","oauth_token_secret":"b","user_id":"12","screen_name":"a"}}"#;
        let candidate = candidates(Provider::Twitter, json).unwrap().remove(0);
        for provider in Provider::ALL {
            let voucher = Voucher { provider, id: "ab".repeat(32), account: 3 };
            for field in [Field::Password, Field::Token] {
                let text = voucher.text(field, &candidate);
                let spec = provider.channel().spec(field).unwrap();
                assert_eq!(check_value(spec, &text), vec![], "{text}");
                assert_eq!(Voucher::parse(&text).as_ref(), Some(&voucher));
            }
        }
        for text in [
            "EAAGabc",
            "from-sign-in:fax:ab:1",
            "from-sign-in:twitter:ab:x",
            "x from-sign-in:twitter:ab:1",
        ] {
            assert_eq!(Voucher::parse(text), None, "{text}");
        }
    }
}
