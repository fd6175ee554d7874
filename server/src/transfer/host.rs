//! A running host of the documented API, asked for its connections page by page.

use anyhow::{Context, bail};
use reqwest::{
    Client, RequestBuilder, Response, StatusCode, Url, header::RETRY_AFTER, redirect::Policy,
};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ConnectionId, SiteId};
use std::{net::IpAddr, time::Duration};
use tokio::time::sleep;

/// Rows of a page, the most that the API gives.
const PAGE_RECORDS: u32 = 200;

/// Bytes of an answer: as many as a page of the longest records has.
const MAX_PAGE_BYTES: usize = PAGE_RECORDS as usize * 64 * 1024;

/// Bytes of the answer to a sign-in.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

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

pub enum Access {
    /// With a token from elsewhere.
    Token(String),
    /// With e-mail address and password, for a site there.
    Password {
        /// The user's e-mail address.
        email: String,
        password: String,
        site: SiteId,
    },
}

/// A page of the find API.
#[derive(Deserialize)]
pub struct Page {
    /// Connections at this page and after it.
    pub total: u64,
    pub data: Vec<Value>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

impl Host {
    /// Signs in at a host, whose address [`host_address`] has checked.
    ///
    /// # Errors
    /// If it cannot be reached, or refuses.
    pub async fn open(address: String, access: Access) -> anyhow::Result<Self> {
        // A redirect would carry the password, or secrets, to whatever host it names.
        let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build()?;
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
                let token: Token =
                    json_of(answer, MAX_TOKEN_BYTES).await.context("the host gave no token")?;
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
        let address =
            format!("{}/api/connection?sinceId={after}&limit={PAGE_RECORDS}", self.address);
        let request = self.client.get(address).bearer_auth(&self.token);
        let answer = ask(&request).await?;
        let page = json_of(answer, MAX_PAGE_BYTES).await;
        page.context("the host's answer is no page of connections")
    }
}

/// Checks the address of a host and writes it without a slash at the end. Plain http, which shows password
/// and secrets on the way, is for this machine alone unless `allow_http`.
///
/// # Errors
/// If it is no address of a host, or would show secrets.
pub fn host_address(address: &str, allow_http: bool) -> anyhow::Result<String> {
    const FORM: &str = "the host's address is not understood: write it as https://helpdesk.example";
    let url = Url::parse(address.trim()).ok().context(FORM)?;
    let is_bare = url.query().is_none() && url.fragment().is_none();
    let has_user = !url.username().is_empty() || url.password().is_some();
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => {}
        ("http", Some(host)) if allow_http || is_loopback(host) => {}
        ("http", Some(_)) => bail!(
            "over plain http everybody on the way could read the secrets: use https, or add \
             --allow-http if the network is yours alone"
        ),
        _ => bail!(FORM),
    }
    if !is_bare || has_user {
        bail!(FORM);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Reads an answer up to a number of bytes; a host that sends more is stopped before they are kept.
async fn json_of<T: for<'a> Deserialize<'a>>(
    mut answer: Response,
    max_bytes: usize,
) -> anyhow::Result<T> {
    let mut bytes = vec![];
    while let Some(chunk) = answer.chunk().await.context("the host's answer broke off")? {
        if bytes.len() + chunk.len() > max_bytes {
            bail!("it is longer than {max_bytes} bytes");
        }
        bytes.extend_from_slice(&chunk);
    }
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
                if status.is_redirection() {
                    bail!("the host answered {status}: name the address that it redirects to");
                }
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

#[cfg(test)]
mod tests {
    use super::host_address;

    #[test]
    fn secrets_travel_over_https_unless_the_operator_says_otherwise() {
        for (address, expected) in [
            ("https://helpdesk.example/", "https://helpdesk.example"),
            ("https://helpdesk.example:8443/desk/", "https://helpdesk.example:8443/desk"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://LOCALHOST:3000", "http://localhost:3000"),
        ] {
            assert_eq!(host_address(address, false).unwrap(), expected);
        }
        for address in ["http://helpdesk.example", "http://127.0.0.1.example", "http://10.0.0.1"] {
            assert!(host_address(address, false).unwrap_err().to_string().contains("--allow-http"));
            assert!(host_address(address, true).is_ok());
        }
    }

    #[test]
    fn an_address_that_is_not_understood_is_not_repeated() {
        for address in [
            "helpdesk.example",
            "ftp://helpdesk.example",
            "https://ann:canary@helpdesk.example",
            "https://helpdesk.example/?canary",
            "https://",
        ] {
            let error = host_address(address, true).unwrap_err().to_string();
            assert!(error.contains("https://helpdesk.example") && !error.contains("canary"));
        }
    }
}
