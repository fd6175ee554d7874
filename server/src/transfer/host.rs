//! A running host of the documented API, asked for its connections page by page.

use anyhow::{Context, bail};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header::RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ConnectionId, SiteId};
use std::time::Duration;
use tokio::time::sleep;

/// Rows of a page, the most that the API gives.
const LIMIT: u32 = 200;

/// How often a request is tried, and how long to wait before the next time if the host says nothing.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// A host that asks for more patience than this is asked again by whoever runs the import.
const PATIENCE: Duration = Duration::from_mins(2);

/// A host that does not answer in this time does not answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A host, and the right to read there.
pub struct Host {
    client: Client,
    address: String,
    token: String,
}

/// Who asks.
pub enum Access {
    /// With a token from elsewhere.
    Token(String),
    /// With e-mail address and password, for a site there.
    Password {
        /// The user's e-mail address.
        email: String,
        /// The user's password.
        password: String,
        /// The site there.
        site: SiteId,
    },
}

/// A page of the find API.
#[derive(Deserialize)]
pub struct Page {
    /// Connections at this page and after it.
    pub total: u64,
    /// The records.
    pub data: Vec<Value>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

impl Host {
    /// Signs in at a host.
    ///
    /// # Errors
    /// If it cannot be reached, or refuses.
    pub async fn open(address: &str, access: Access) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(TIMEOUT).build()?;
        let address = address.trim_end_matches('/').to_owned();
        let token = match access {
            Access::Token(token) => token,
            Access::Password { email, password, site } => {
                let body =
                    json!({ "email": email, "password": password, "siteId": site.to_string() });
                let request = client
                    .post(format!("{address}/api/authenticate"))
                    .header("content-type", "application/json")
                    .body(body.to_string());
                let answer = ask(&request).await.context("the host does not let you in")?;
                let token: Token = json_of(answer).await.context("the host gave no token")?;
                token.token
            }
        };
        Ok(Self { client, address, token })
    }

    /// The connections with the next greater numbers, in their order.
    ///
    /// # Errors
    /// If the host cannot be reached, or refuses.
    pub async fn page(&self, after: ConnectionId) -> anyhow::Result<Page> {
        let address = format!("{}/api/connection?sinceId={after}&limit={LIMIT}", self.address);
        let request = self.client.get(address).bearer_auth(&self.token);
        json_of(ask(&request).await?).await.context("the host's answer is no page of connections")
    }
}

async fn json_of<T: for<'a> Deserialize<'a>>(answer: Response) -> anyhow::Result<T> {
    let bytes = answer.bytes().await.context("the host's answer broke off")?;
    // What serde says of a mistake may quote a secret.
    serde_json::from_slice(&bytes).map_err(|_| anyhow::anyhow!("it is not what the API documents"))
}

/// Sends a request, again and again if the host is busy or was not reached.
async fn ask(request: &RequestBuilder) -> anyhow::Result<Response> {
    let mut attempt = 1;
    loop {
        let request = request.try_clone().context("the request cannot be sent again")?;
        let (problem, pause) = match request.send().await {
            Ok(answer) if answer.status().is_success() => return Ok(answer),
            Ok(answer) => {
                let (status, pause) = (answer.status(), pause(&answer));
                let is_busy = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
                if !is_busy || pause > PATIENCE {
                    bail!("the host answered {status}");
                }
                (anyhow::anyhow!("the host answered {status}"), pause)
            }
            Err(error) => (anyhow::Error::from(error.without_url()), PAUSE),
        };
        if attempt == ATTEMPTS {
            return Err(problem.context("the host was asked several times"));
        }
        attempt += 1;
        sleep(pause).await;
    }
}

/// How long the host wants to be left alone.
fn pause(answer: &Response) -> Duration {
    let seconds =
        answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.map_or(PAUSE, Duration::from_secs)
}
