//! The Graph API: a phone number at WhatsApp (the Cloud API's documents, v25.0).

use super::{
    ProviderError, Providers,
    graph::{List, Named},
};
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct WhatsAppNumber {
    /// As customers see it.
    #[serde(default)]
    pub display_phone_number: String,
    /// The name that Meta verified.
    #[serde(default)]
    pub verified_name: String,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    #[serde(default)]
    pub quality_rating: String,
    /// Whether it may send.
    pub health_status: Option<HealthStatus>,
}

/// Whether messages can be sent, and what is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HealthStatus {
    /// `AVAILABLE`, `LIMITED` or `BLOCKED`.
    #[serde(default)]
    pub can_send_message: String,
    /// The number, its account, its business and the app.
    #[serde(default)]
    pub entities: Vec<HealthEntity>,
}

/// A part of what sends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HealthEntity {
    /// What is wrong with it.
    #[serde(default)]
    pub errors: Vec<HealthError>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HealthError {
    #[serde(default)]
    pub error_description: String,
    #[serde(default)]
    pub possible_solution: String,
}

impl Providers {
    /// A phone number, by its id.
    ///
    /// # Errors
    /// If Meta does not say.
    pub async fn whatsapp_number(
        &self,
        id: &str,
        token: &str,
    ) -> Result<WhatsAppNumber, ProviderError> {
        let fields = "display_phone_number,verified_name,quality_rating,health_status";
        self.graph(id, &[("fields", fields)], token).await
    }

    /// The ids of the phone numbers of a business account.
    ///
    /// # Errors
    /// If Meta does not say.
    pub async fn whatsapp_numbers(
        &self,
        account: &str,
        token: &str,
    ) -> Result<Vec<String>, ProviderError> {
        let path = format!("{account}/phone_numbers");
        // An account has 25 at most, unless Meta agreed to more.
        let query = [("fields", "id"), ("limit", "500")];
        let List { data } = self.graph::<List<Named>>(&path, &query, token).await?;
        Ok(data.into_iter().map(|number| number.id).collect())
    }
}
