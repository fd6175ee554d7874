//! Twitter accounts: whose the tokens are.

use super::{
    Failure, Finding, Probe, Run, Step, Stopped,
    provider::{refused, token},
    stage::Expiry,
};
use crate::{
    provider::TwitterAccount,
    wording::connection_test::{Found, ProviderCause},
};
use shared::{Connection, Key, Secret};

const TWITTER: &str = "X (Twitter)";

pub(super) async fn test(
    probe: &Probe,
    run: &Run<'_>,
    connection: &Connection,
) -> Result<(), Stopped> {
    let secret = |key| connection.secret(key).map(Secret::expose).unwrap_or_default();
    let ask = async {
        let asked = probe.providers.twitter_account(secret(Key::Token), secret(Key::Password));
        let token = token(connection.channel(), Key::Token);
        let account = asked.await.map_err(|error| refused(error, TWITTER, token))?;
        let account = account.ok_or(ProviderCause::NoTwitterApp)?;
        is_of_account(run, connection, &account)?;
        let found = Found::TwitterAccount(&named(run, &account)).to_string();
        // Its tokens last until somebody takes them back (OAuth 1.0a).
        let finding =
            Finding { found: vec![found], expires: Some(Expiry::Never), ..Finding::last() };
        Ok(((), finding))
    };
    run.observe(Step::Account, || ProviderCause::Unreachable(TWITTER).into(), ask).await
}

/// The account's name as Twitter gives it, to be shown in a sentence.
fn named(run: &Run<'_>, account: &TwitterAccount) -> String {
    run.scrubber.clean_name(&format!("@{} ({})", account.username, account.id))
}

/// The tokens have to be those of the account that the connection names.
fn is_of_account(
    run: &Run<'_>,
    connection: &Connection,
    account: &TwitterAccount,
) -> Result<(), Failure> {
    let text = |key| connection.text(key).unwrap_or_default();
    let (id, name) = (text(Key::TargetId), text(Key::UserId));
    let wrong = |key, wanted: &str| {
        let account = named(run, account);
        Err(ProviderCause::OtherAccount { key, account: &account, wanted }.into())
    };
    if id != *account.id {
        return wrong(Key::TargetId, &id);
    }
    if !name.eq_ignore_ascii_case(&account.username) {
        return wrong(Key::UserId, &format!("@{name}"));
    }
    Ok(())
}
