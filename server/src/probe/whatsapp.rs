//! Phone numbers at WhatsApp: what the token sees of the number, and whether its account lists it.

use super::{
    Failure, Finding, Kind, Probe, Run, Step, Stopped,
    provider::{label, refused, unreachable},
};
use crate::provider::WhatsAppNumber;
use shared::{Connection, Key, Secret};

const WHATSAPP: &str = "WhatsApp";

pub(super) async fn test(
    probe: &Probe,
    run: &Run<'_>,
    connection: &Connection,
) -> Result<(), Stopped> {
    let token = connection.secret(Key::Token).map(Secret::expose).unwrap_or_default();
    let [number, account] =
        [Key::UserId, Key::TargetId].map(|key| connection.text(key).unwrap_or_default());
    let refused =
        |error| refused(error, WHATSAPP, Key::Token, label(connection.channel(), Key::Token));
    let ask = async {
        let found = probe.providers.whatsapp_number(&number, token).await.map_err(refused)?;
        may_send(run, &found)?;
        Ok(((), Finding::of(seen(run, &found))))
    };
    run.observe(Step::Number, unreachable(WHATSAPP), ask).await?;
    let ask = async {
        let numbers = probe.providers.whatsapp_numbers(&account, token).await.map_err(refused)?;
        if numbers.iter().any(|id| *id == *number) {
            Ok(((), Finding::last()))
        } else {
            Err(not_listed(&number, &account))
        }
    };
    run.observe(Step::Account, unreachable(WHATSAPP), ask).await
}

fn seen(run: &Run<'_>, number: &WhatsAppNumber) -> Vec<String> {
    let WhatsAppNumber { display_phone_number, verified_name, quality_rating, .. } = number;
    let named = format!("{verified_name} ({display_phone_number})");
    let mut seen = vec![format!("Number: {}", run.scrubber.clean_name(&named))];
    if !quality_rating.is_empty() {
        seen.push(format!("Quality: {}", run.scrubber.clean_name(&quality_rating.to_lowercase())));
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
    let failure = Failure::new(
        Kind::Settings,
        Some(Key::UserId),
        "WhatsApp does not let this number send messages.",
        "Open the number in WhatsApp Manager and follow what it says there.",
    );
    Err(match &*said {
        [] => failure,
        said => failure.saying(run.scrubber.clean_name(&said.join(" "))),
    })
}

fn not_listed(number: &str, account: &str) -> Failure {
    Failure::new(
        Kind::Settings,
        Some(Key::TargetId),
        format!("The business account {account} does not have the phone number {number}."),
        "Enter the id of the account that the number belongs to.",
    )
}
