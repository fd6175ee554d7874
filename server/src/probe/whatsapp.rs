//! Phone numbers at WhatsApp: what the token sees of the number, and whether its account lists it.

use super::{
    Failure, Finding, Probe, Run, Step, Stopped,
    provider::{refused, token},
};
use crate::{
    provider::WhatsAppNumber,
    wording::connection_test::{Found, ProviderCause},
};
use shared::{Connection, Key, Secret};

const WHATSAPP: &str = "WhatsApp";

pub(super) async fn test(
    probe: &Probe,
    run: &Run<'_>,
    connection: &Connection,
) -> Result<(), Stopped> {
    let secret = connection.secret(Key::Token).map(Secret::expose).unwrap_or_default();
    let [number, account] =
        [Key::UserId, Key::TargetId].map(|key| connection.text(key).unwrap_or_default());
    let refused = |error| refused(error, WHATSAPP, token(connection.channel(), Key::Token));
    let silent = || Failure::from(ProviderCause::Unreachable(WHATSAPP));
    let ask = async {
        let found = probe.providers.whatsapp_number(&number, secret).await.map_err(refused)?;
        may_send(run, &found)?;
        Ok(((), Finding::of(seen(run, &found))))
    };
    run.observe(Step::Number, silent, ask).await?;
    let ask = async {
        let numbers = probe.providers.whatsapp_numbers(&account, secret).await.map_err(refused)?;
        if numbers.iter().any(|id| *id == *number) {
            Ok(((), Finding::last()))
        } else {
            Err(ProviderCause::NumberNotListed { number: &number, account: &account }.into())
        }
    };
    run.observe(Step::Account, silent, ask).await
}

fn seen(run: &Run<'_>, number: &WhatsAppNumber) -> Vec<String> {
    let WhatsAppNumber { display_phone_number, verified_name, quality_rating, .. } = number;
    let named = format!("{verified_name} ({display_phone_number})");
    let mut seen = vec![Found::Number(&run.scrubber.clean_name(&named)).to_string()];
    if !quality_rating.is_empty() {
        let quality = run.scrubber.clean_name(&quality_rating.to_lowercase());
        seen.push(Found::Quality(&quality).to_string());
    }
    seen
}

/// Meta blocks numbers that it does not trust, that are not paid for, or that are not registered.
fn may_send(run: &Run<'_>, number: &WhatsAppNumber) -> Result<(), Failure> {
    let Some(health) = &number.health_status else { return Ok(()) };
    if health.can_send_message != "BLOCKED" {
        return Ok(());
    }
    let errors = health.entities.iter().flat_map(|entity| &entity.errors);
    let said: Vec<_> = errors
        .flat_map(|error| [error.error_description.as_str(), error.possible_solution.as_str()])
        .filter(|text| !text.is_empty())
        .collect();
    let failure = Failure::from(ProviderCause::NumberCannotSend);
    Err(match &*said {
        [] => failure,
        said => failure.saying(run.scrubber.clean_name(&said.join(" "))),
    })
}
