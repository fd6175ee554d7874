//! Facebook pages and Instagram accounts: what their tokens see, may do, and until when.

use super::{
    Failure, Finding, Probe, Run, Step, Stopped,
    provider::{refused, token},
    stage::Expiry,
};
use crate::{
    provider::{InstagramAccount, Named, Page, ProviderError, TokenFacts},
    wording::connection_test::{Found, ProviderCause, Token, TokenProblem},
};
use jiff::Timestamp;
use shared::{Connection, Key, Secret};

const FACEBOOK: &str = "Facebook";

/// With the keys of the page's token and of the user's.
pub(super) async fn test(
    probe: &Probe,
    run: &Run<'_>,
    connection: &Connection,
    (page_key, user_key): (Key, Key),
    is_instagram: bool,
) -> Result<(), Stopped> {
    let channel = connection.channel();
    let secret = |key| connection.secret(key).map(Secret::expose).unwrap_or_default();
    let silent = || Failure::from(ProviderCause::Unreachable(FACEBOOK));
    let refused = |key| move |error| refused(error, FACEBOOK, token(channel, key));

    let ask = async {
        let page = probe.providers.page(secret(page_key)).await.map_err(refused(page_key))?;
        is_of_page(run, connection, page_key, &page)?;
        let found = Found::Page(&with_id(run, &page.page)).to_string();
        Ok((page, Finding::of(vec![found])))
    };
    let page = run.observe(Step::Page, silent, ask).await?;
    if is_instagram {
        let look = async { Ok(((), linked(run, connection, &page)?)) };
        run.observe(Step::Account, silent, look).await?;
    }
    let ask = async {
        let user = probe.providers.user(secret(user_key)).await.map_err(refused(user_key))?;
        Ok(((), Finding::of(vec![Found::SignedIn(&with_id(run, &user)).to_string()])))
    };
    run.observe(Step::User, silent, ask).await?;
    let ask = async {
        let mut finding = Finding::last();
        for key in [page_key, user_key] {
            let facts = probe.providers.token_facts(secret(key)).await;
            learn(run, &mut finding, token(channel, key), facts)?;
        }
        Ok(((), finding))
    };
    run.observe(Step::Permissions, silent, ask).await
}

/// A name as Facebook gives it, to be shown in a sentence.
fn with_id(run: &Run<'_>, Named { id, name }: &Named) -> String {
    run.scrubber.clean_name(&format!("{name} ({id})"))
}

/// A page's token is for that page alone.
fn is_of_page(
    run: &Run<'_>,
    connection: &Connection,
    key: Key,
    page: &Page,
) -> Result<(), Failure> {
    let wanted = connection.text(Key::UserId).unwrap_or_default();
    if wanted == page.page.id {
        return Ok(());
    }
    let (token, page) = (token(connection.channel(), key), with_id(run, &page.page));
    Err(ProviderCause::OtherPage { token, page: &page, wanted: &wanted }.into())
}

/// The account at Instagram has to be one that is linked to the page.
fn linked(run: &Run<'_>, connection: &Connection, page: &Page) -> Result<Finding, Failure> {
    let wanted = connection.text(Key::TargetId).unwrap_or_default();
    let named = |account: &InstagramAccount| format!("@{} ({})", account.username, account.id);
    if let Some(account) = page.instagram().find(|account| account.id == *wanted) {
        let name = run.scrubber.clean_name(&named(account));
        return Ok(Finding::of(vec![Found::InstagramAccount(&name).to_string()]));
    }
    let others: Vec<_> = page.instagram().map(named).collect();
    Err(if others.is_empty() {
        let page = run.scrubber.clean_name(&page.page.name);
        ProviderCause::NoInstagram { page: &page }.into()
    } else {
        let linked = run.scrubber.clean_name(&others.join(", "));
        ProviderCause::OtherInstagram { linked: &linked, wanted: &wanted }.into()
    })
}

/// What Facebook knows of a token.
fn learn(
    run: &Run<'_>,
    finding: &mut Finding,
    token: Token,
    facts: Result<Option<TokenFacts>, ProviderError>,
) -> Result<(), Failure> {
    let label = token.label;
    let facts = match facts {
        Ok(Some(facts)) => facts,
        Ok(None) => {
            finding.found = vec![Found::NoFacebookApp.to_string()];
            return Ok(());
        }
        // A token of somebody else's app: what it may do is not ours to know.
        Err(ProviderError::Refused { code: Some(100 | 10), server_message, .. }) => {
            let why = run.scrubber.clean_name(&server_message);
            finding.found.push(Found::NotTold { token: label, why: &why }.to_string());
            return Ok(());
        }
        Err(error) => return Err(refused(error, FACEBOOK, token)),
    };
    if !facts.is_valid {
        return Err(ProviderCause::Token(token, TokenProblem::Invalid).into());
    }
    let time = |seconds: Option<i64>| match seconds {
        None => None,
        Some(0) => Some(Expiry::Never),
        Some(seconds) => Timestamp::from_second(seconds).ok().map(Expiry::At),
    };
    let (end, data_end) = (time(facts.expires_at), time(facts.data_access_expires_at));
    finding.found.extend([
        Found::TokenEnds { token: label, end }.to_string(),
        Found::DataAccessEnds { token: label, end: data_end }.to_string(),
    ]);
    if !facts.scopes.is_empty() {
        let scopes = run.scrubber.clean_name(&facts.scopes.join(", "));
        finding.found.push(Found::Scopes { token: label, scopes: &scopes }.to_string());
    }
    finding.expires = [finding.expires, end, data_end].into_iter().flatten().min();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        probe::{Timeouts, scrub::Scrubber},
        provider::ProviderSettings,
    };
    use shared::Field;
    use tokio::{sync::mpsc, time::Instant};

    #[test]
    fn a_name_that_holds_a_token_is_not_shown() {
        let token = format!("EAAG{}", "Kx7".repeat(60));
        let mut connection = Connection::new("FCBK", Some("PVD12"));
        connection.set(Field::Password, Some(token.clone()));
        let scrubber = Scrubber::new(&connection, &ProviderSettings::default());
        let (progress, _stages) = mpsc::channel(1);
        let timeouts = Timeouts::default();
        let run = Run { progress: &progress, timeouts, end: Instant::now(), scrubber };
        let named = |name: &str| Named { id: "1903864646522191".into(), name: name.into() };
        assert_eq!(with_id(&run, &named("Jamku")), "Jamku (1903864646522191)");
        let page = Page {
            page: named(&format!("our {token}")),
            instagram_business_account: None,
            instagram_accounts: None,
        };
        let failure = is_of_page(&run, &connection, Key::Password, &page).unwrap_err();
        assert_eq!(failure.explanation, "The page access token is for …, not for the page .");
        let failure = linked(&run, &connection, &page).unwrap_err();
        assert_eq!(failure.explanation, "No Instagram account is linked to the page ….");
    }
}
