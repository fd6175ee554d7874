//! Facebook pages and Instagram accounts: what their tokens see, may do, and until when.

use super::{
    Failure, Finding, Kind, Probe, Run, Step, Stopped,
    provider::{label, refused, unreachable},
    stage::Expiry,
};
use crate::provider::{InstagramAccount, Named, Page, ProviderError, TokenFacts};
use jiff::Timestamp;
use shared::{Channel, Connection, Key, Secret};

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
    let token = |key| connection.secret(key).map(Secret::expose).unwrap_or_default();
    let silent = || unreachable(FACEBOOK);
    let refused = |key| move |error| refused(error, FACEBOOK, key, label(channel, key));

    let ask = async {
        let page = probe.providers.page(token(page_key)).await.map_err(refused(page_key))?;
        is_of_page(run, connection, page_key, &page)?;
        let found = named(run, "Page", &page.page);
        Ok((page, Finding::of(vec![found])))
    };
    let page = run.observe(Step::Page, silent(), ask).await?;
    if is_instagram {
        let look = async { Ok(((), linked(run, connection, &page)?)) };
        run.observe(Step::Account, silent(), look).await?;
    }
    let ask = async {
        let user = probe.providers.user(token(user_key)).await.map_err(refused(user_key))?;
        Ok(((), Finding::of(vec![named(run, "Signed in", &user)])))
    };
    run.observe(Step::User, silent(), ask).await?;
    let ask = async {
        let mut finding = Finding::last();
        for key in [page_key, user_key] {
            let facts = probe.providers.token_facts(token(key)).await;
            learn(run, &mut finding, channel, key, facts)?;
        }
        Ok(((), finding))
    };
    run.observe(Step::Permissions, silent(), ask).await
}

fn named(run: &Run<'_>, what: &str, named: &Named) -> String {
    format!("{what}: {}", with_id(run, named))
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
    let named = with_id(run, &page.page);
    let token = label(connection.channel(), key).to_lowercase();
    Err(Failure::new(
        Kind::Settings,
        Some(Key::UserId),
        format!("The {token} is for {named}, not for the page {wanted}."),
        "Enter that page’s id, or take over the token of the page that you want.",
    ))
}

/// The account at Instagram has to be one that is linked to the page.
fn linked(run: &Run<'_>, connection: &Connection, page: &Page) -> Result<Finding, Failure> {
    let wanted = connection.text(Key::TargetId).unwrap_or_default();
    let named = |account: &InstagramAccount| format!("@{} ({})", account.username, account.id);
    if let Some(account) = page.instagram().find(|account| account.id == *wanted) {
        let found = format!("Instagram account: {}", run.scrubber.clean_name(&named(account)));
        return Ok(Finding::of(vec![found]));
    }
    let others: Vec<_> = page.instagram().map(named).collect();
    let explanation = if others.is_empty() {
        let page = run.scrubber.clean_name(&page.page.name);
        format!("No Instagram account is linked to the page {page}.")
    } else {
        let others = run.scrubber.clean_name(&others.join(", "));
        format!("The page is linked to {others}, not to {wanted}.")
    };
    Err(Failure::new(
        Kind::Settings,
        Some(Key::TargetId),
        explanation,
        "Link the account to the page at Facebook, or enter the id of the one that is.",
    ))
}

/// What Facebook knows of a token.
fn learn(
    run: &Run<'_>,
    finding: &mut Finding,
    channel: Channel,
    key: Key,
    facts: Result<Option<TokenFacts>, ProviderError>,
) -> Result<(), Failure> {
    let label = label(channel, key);
    let facts = match facts {
        Ok(Some(facts)) => facts,
        Ok(None) => {
            finding.found = vec![
                "Permissions and expiry are unknown: the operator has named no app at Facebook \
                 (PATCHBAY_FACEBOOK_APP_ID)."
                    .to_owned(),
            ];
            return Ok(());
        }
        // A token of somebody else's app: what it may do is not ours to know.
        Err(ProviderError::Refused { code: Some(100 | 10), server_message, .. }) => {
            let server_message = run.scrubber.clean_name(&server_message);
            finding.found.push(format!("{label}: Facebook does not tell of it ({server_message})"));
            return Ok(());
        }
        Err(error) => return Err(refused(error, FACEBOOK, key, label)),
    };
    if !facts.is_valid {
        return Err(Failure::new(
            Kind::Credentials,
            Some(key),
            format!("The {} is not valid any more.", label.to_lowercase()),
            super::provider::SIGN_IN_AGAIN,
        ));
    }
    let time = |seconds: Option<i64>| match seconds {
        None => None,
        Some(0) => Some(Expiry::Never),
        Some(seconds) => Timestamp::from_second(seconds).ok().map(Expiry::At),
    };
    let (token, data) = (time(facts.expires_at), time(facts.data_access_expires_at));
    let ends = |what: &str, expiry: Option<Expiry>| match expiry {
        None => format!("{label}: when {what} ends is unknown"),
        Some(Expiry::Never) => format!("{label}: {what} never ends"),
        Some(Expiry::At(end)) => format!("{label}: {what} ends on {}", end.strftime("%Y-%m-%d")),
    };
    finding.found.extend([ends("it", token), ends("access to data", data)]);
    if !facts.scopes.is_empty() {
        let scopes = run.scrubber.clean_name(&facts.scopes.join(", "));
        finding.found.push(format!("{label}: may {scopes}"));
    }
    finding.expires = [finding.expires, token, data].into_iter().flatten().min();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{probe::scrub::Scrubber, provider::ProviderSettings};
    use shared::Field;
    use tokio::{sync::mpsc, time::Instant};

    #[test]
    fn a_name_that_holds_a_token_is_not_shown() {
        let token = format!("EAAG{}", "Kx7".repeat(60));
        let mut connection = Connection::new("FCBK", Some("PVD12"));
        connection.set(Field::Password, Some(token.clone()));
        let scrubber = Scrubber::new(&connection, &ProviderSettings::default());
        let (progress, _stages) = mpsc::channel(1);
        let run = Run { progress: &progress, end: Instant::now(), scrubber };
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
