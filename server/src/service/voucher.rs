//! What stands in a browser's form for the secrets of a sign-in with a provider: it never gets the tokens
//! themselves, and the server puts them in place when the form is saved or tested.

use super::{SaveError, Services, Subject};
use crate::{store::Principal, wording::violation};
use shared::{
    Channel, ConnectionPatch, Field, FieldEdit, Key, Provider, SaveRefusal, Violations,
    session::Candidate,
};

/// What a voucher begins with, if it does not begin with a user's number.
const BEGIN: &str = "from-sign-in:";

impl Services {
    /// Puts the secrets of the caller's sign-ins in the place of their vouchers: a browser has vouchers
    /// alone. A voucher is good for one field of one channel, and for the user who signed in; anywhere else
    /// the secret could be sent to a server of the editor's choice.
    ///
    /// # Errors
    /// If a voucher is not good here, or not any more.
    pub async fn redeem(
        &self,
        caller: &Principal,
        of: Subject,
        mut patch: ConnectionPatch,
    ) -> Result<ConnectionPatch, SaveError> {
        let vouchers: Vec<_> = patch
            .iter()
            .filter(|(field, _)| field.is_secret())
            .filter_map(|(field, value)| Some((field, Voucher::parse(value?)?)))
            .collect();
        if vouchers.is_empty() {
            return Ok(patch);
        }
        let channel = self.channel(caller, of).await?;
        for (at, Voucher { provider, field, id, account }) in vouchers {
            if provider.channel() != channel || field != at {
                return Err(spent(at));
            }
            let accounts =
                self.accounts(caller, provider, &id).await?.unwrap_or_default().candidates;
            let found = accounts.get(account).and_then(|found| found.patch.get(field));
            let Some(FieldEdit::Set(secret)) = found else { return Err(spent(field)) };
            patch.set(field, Some(secret.expose().to_owned()));
        }
        Ok(patch)
    }

    async fn channel(&self, caller: &Principal, of: Subject) -> Result<Channel, SaveError> {
        match of {
            Subject::New(channel) => Ok(channel),
            Subject::Stored(id) => {
                let stored = self.get(caller.scope(), id).await?.ok_or(SaveRefusal::NotFound)?;
                Ok(stored.connection.channel())
            }
        }
    }
}

fn spent(field: Field) -> SaveError {
    SaveRefusal::Invalid(Violations(vec![violation::sign_in_over(field)])).into()
}

/// What stands in a form for a secret of a sign-in.
#[derive(Debug, PartialEq, Eq)]
pub struct Voucher {
    /// The provider, whose channel it is good for.
    pub provider: Provider,
    /// The field that it is good for.
    pub field: Field,
    pub id: String,
    /// The account, by its place.
    pub account: usize,
}

impl Voucher {
    /// As a text that the rules of a field's secret take: Twitter's token begins with the user's number.
    #[must_use]
    pub fn text(&self, candidate: &Candidate) -> String {
        let Self { provider, field, id, account } = self;
        let user = match (provider, field) {
            (Provider::Twitter, Field::Token) => format!("{}-", candidate.id),
            _ => String::new(),
        };
        format!("{user}{BEGIN}{}:{}:{id}:{account}", provider.slug(), field.name())
    }

    fn parse(text: &str) -> Option<Self> {
        let (before, rest) = text.split_once(BEGIN)?;
        let mut parts = rest.split(':');
        let (provider, field) = (parts.next()?, parts.next()?);
        let (id, account) = (parts.next()?, parts.next()?);
        let is_whole =
            parts.next().is_none() && before.chars().all(|c| c.is_ascii_digit() || c == '-');
        is_whole.then_some(())?;
        let provider = Provider::from_slug(provider)?;
        let field = Key::parse(field).and_then(Key::field).filter(|field| field.is_secret())?;
        Some(Self { provider, field, id: id.to_owned(), account: account.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{rules::check_value, session::accounts};

    #[test]
    fn a_voucher_keeps_the_rules_of_its_field_and_is_read_back() {
        let json = r#"{"profile":{"oauth_token":"12-a","oauth_token_secret":"b","user_id":"12","screen_name":"a"}}"#;
        let candidate = accounts(Provider::Twitter, json).unwrap().candidates.remove(0);
        for provider in Provider::ALL {
            for field in [Field::Password, Field::Token] {
                let voucher = Voucher { provider, field, id: "ab".repeat(32), account: 3 };
                let text = voucher.text(&candidate);
                let spec = provider.channel().spec(field).unwrap();
                assert_eq!(check_value(spec, &text), vec![], "{text}");
                assert_eq!(Voucher::parse(&text).as_ref(), Some(&voucher));
            }
        }
        for text in [
            "EAAGabc",
            "from-sign-in:fax:Token:ab:1",
            "from-sign-in:twitter:ab:1",
            "from-sign-in:twitter:Name:ab:1",
            "from-sign-in:twitter:Token:ab:x",
            "x from-sign-in:twitter:Token:ab:1",
        ] {
            assert_eq!(Voucher::parse(text), None, "{text}");
        }
    }
}
