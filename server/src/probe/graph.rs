//! Facebook pages and Instagram accounts: what their tokens see, may do, and until when.

use super::{
    Failure, Finding, Probe, Run, Step, Stopped,
    provider::{app_refused, refused, token},
    stage::Expiry,
};
use crate::{
    provider::{InstagramAccount, Named, Page, ProviderError, TokenFacts, TokenProblem},
    wording::connection_test::{Found, ProviderCause, Token},
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
        let page = page_of(probe, run, connection, (page_key, user_key)).await?;
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
        if user.id == page.page.id {
            let token = token(channel, user_key);
            let problem = TokenProblem::PageTokenForUser;
            return Err(ProviderCause::Token(token, FACEBOOK, problem).into());
        }
        Ok(((), Finding::of(vec![Found::SignedIn(&with_id(run, &user)).to_string()])))
    };
    run.observe(Step::User, silent, ask).await?;
    let ask = async {
        let mut finding = Finding::last();
        for key in [page_key, user_key] {
            let facts = probe.providers.token_facts(secret(key)).await;
            let token = token(channel, key);
            let Some(facts) = learn(run, &mut finding, token, facts)? else { continue };
            if key == page_key {
                let asked_for = probe.providers.settings().scopes(is_instagram);
                may_do(&mut finding, connection, is_instagram, token, &facts, asked_for)?;
            }
        }
        Ok(((), finding))
    };
    run.observe(Step::Permissions, silent, ask).await
}

/// A name as Facebook gives it, to be shown in a sentence.
fn with_id(run: &Run<'_>, Named { id, name }: &Named) -> String {
    run.scrubber.clean_name(&format!("{name} ({id})"))
}

/// The page that the page's token sees, if it is the connection's. Tokens of another kind are recognised by what they see.
async fn page_of(
    probe: &Probe,
    run: &Run<'_>,
    connection: &Connection,
    (page_key, user_key): (Key, Key),
) -> Result<Page, Failure> {
    let secret = |key| connection.secret(key).map(Secret::expose).unwrap_or_default();
    let token = |key| token(connection.channel(), key);
    let of_kind = |key, problem| ProviderCause::Token(token(key), FACEBOOK, problem).into();
    let mut keys = [page_key, user_key].into_iter();
    if let Some(key) = keys.find(|key| secret(*key).starts_with(INSTAGRAM_LOGIN)) {
        return Err(of_kind(key, TokenProblem::InstagramLogin));
    }
    let failure = match probe.providers.page(secret(page_key)).await {
        Ok(page) => match is_of_page(run, connection, page_key, &page) {
            Ok(()) => return Ok(page),
            Err(failure) => failure,
        },
        Err(error) if error.is_temporary() => {
            return Err(refused(error, FACEBOOK, token(page_key)));
        }
        Err(error) => refused(error, FACEBOOK, token(page_key)),
    };
    let wanted = connection.text(Key::UserId).unwrap_or_default();
    match probe.providers.user(secret(user_key)).await {
        Ok(other) if other.id == *wanted && secret(page_key) != secret(user_key) => {
            Err(of_kind(page_key, TokenProblem::Swapped))
        }
        _ => Err(failure),
    }
}

/// What tokens of Instagram's own sign-in begin with; they see no page.
const INSTAGRAM_LOGIN: &str = "IGAA";

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

/// What lets a helpdesk answer messages; one of them is needed, for this page or account.
const MESSAGES: [&str; 3] =
    ["pages_messaging", "instagram_manage_messages", "instagram_business_manage_messages"];

/// Whether the page's token may do what the connection is for; what else was asked for and not granted is a remark.
fn may_do(
    finding: &mut Finding,
    connection: &Connection,
    is_instagram: bool,
    token: Token,
    facts: &TokenFacts,
    asked_for: &[String],
) -> Result<(), Failure> {
    let needed = if is_instagram { &MESSAGES[..] } else { &MESSAGES[..1] };
    let has = |permission: &str| facts.scopes.iter().any(|scope| scope == permission);
    let granted: Vec<_> = needed.iter().copied().filter(|permission| has(permission)).collect();
    let Some(first) = granted.first() else {
        let permission = if is_instagram { MESSAGES[1] } else { MESSAGES[0] };
        return Err(ProviderCause::MissingPermission { token, permission }.into());
    };
    let ids = [Key::UserId, Key::TargetId].map(|key| connection.text(key).unwrap_or_default());
    let is_for_it = |permission: &str| {
        let scope = facts.granular_scopes.iter().find(|of| of.scope == permission);
        let targets = scope.and_then(|of| of.target_ids.as_deref()).unwrap_or_default();
        targets.is_empty() || targets.iter().any(|target| ids.iter().any(|id| **id == **target))
    };
    if !granted.iter().any(|permission| is_for_it(permission)) {
        let wanted = &*ids[0];
        return Err(ProviderCause::OtherTarget { token, permission: first, wanted }.into());
    }
    let missing: Vec<_> =
        asked_for.iter().map(String::as_str).filter(|scope| !has(scope)).collect();
    if !missing.is_empty() {
        let scopes = &missing.join(", ");
        finding.found.push(Found::NotGranted { token: token.label, scopes }.to_string());
    }
    Ok(())
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

/// What Facebook knows of a token, if it says it.
fn learn(
    run: &Run<'_>,
    finding: &mut Finding,
    token: Token,
    facts: Result<Option<TokenFacts>, ProviderError>,
) -> Result<Option<TokenFacts>, Failure> {
    let label = token.label;
    let facts = match facts {
        Ok(Some(facts)) => facts,
        Ok(None) => {
            finding.found = vec![Found::NoFacebookApp.to_string()];
            return Ok(None);
        }
        // A token of somebody else's app: what it may do is not ours to know.
        Err(ProviderError::Refused(error)) if matches!(error.code, Some(100 | 10)) => {
            let why = run.scrubber.clean_name(&error.server_message);
            finding.found.push(Found::NotTold { token: label, why: &why }.to_string());
            return Ok(None);
        }
        Err(error) => return Err(app_refused(error, FACEBOOK)),
    };
    let is_over = |end: Option<i64>| end.is_some_and(|end| end > 0 && end <= run.now.as_second());
    if is_over(facts.expires_at) {
        return Err(ProviderCause::Token(token, FACEBOOK, TokenProblem::Expired).into());
    }
    if let Some(error) = facts.error {
        return Err(refused(error.into(), FACEBOOK, token));
    }
    let Some(is_valid) = facts.is_valid else {
        finding.found.push(Found::NotTold { token: label, why: "no answer" }.to_string());
        return Ok(None);
    };
    if !is_valid {
        return Err(ProviderCause::Token(token, FACEBOOK, TokenProblem::Invalid).into());
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
    Ok(Some(facts))
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
        let run = Run {
            progress: &progress,
            timeouts,
            now: Timestamp::UNIX_EPOCH,
            end: Instant::now(),
            scrubber,
        };
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
