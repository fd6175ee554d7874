//! Tokens that the server did not make, or not for now, are none.

use crate::support::{Answer, TestServer};
use aws_lc_rs::hmac;
use axum::http::{Method, header};
use base64::prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Map, Value, json};
use server::store::Purpose;

const PATH: &str = "/api/connection/646";

/// The parts of a good token, and the keys to sign others with.
struct Forger {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    key: Vec<u8>,
    /// A newer key and its number.
    newer: (i64, Vec<u8>),
}

fn encode(part: &impl serde::Serialize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).unwrap())
}

fn sign(algorithm: hmac::Algorithm, key: &[u8], message: &str) -> String {
    let signature = hmac::sign(&hmac::Key::new(algorithm, key), message.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(signature)
}

impl Forger {
    async fn new(server: &TestServer, token: &str) -> Self {
        let part = |number| BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap());
        let map = |number| serde_json::from_slice(&part(number).unwrap()).unwrap();
        let store = &server.database.store;
        let mut tx = store.begin().await.unwrap();
        let newer = shared::Secret::new("7f".repeat(32));
        tx.insert_server_key(Purpose::Token, &newer, 0).await.unwrap();
        tx.commit().await.unwrap();
        let keys = store.server_keys(Purpose::Token).await.unwrap();
        let secret = |number: usize| hex::decode(keys[number].secret.expose()).unwrap();
        Self { header: map(0), claims: map(1), key: secret(0), newer: (keys[1].id, secret(1)) }
    }

    /// Signed with the true key, whatever the header says.
    fn signed(&self, header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        format!("{message}.{}", sign(hmac::HMAC_SHA256, &self.key, &message))
    }

    /// With another value in the header, or without one.
    fn header(&self, name: &str, value: Option<Value>) -> String {
        let mut header = self.header.clone();
        let _ = header.remove(name);
        header.extend(value.map(|value| (name.to_owned(), value)));
        self.signed(&header, &self.claims)
    }

    /// With another claim, or without it.
    fn claim(&self, name: &str, value: Option<Value>) -> String {
        let mut claims = self.claims.clone();
        let _ = claims.remove(name);
        claims.extend(value.map(|value| (name.to_owned(), value)));
        self.signed(&self.header, &claims)
    }

    fn wrong_headers(&self) -> Vec<String> {
        let kid = self.header["kid"].as_str().unwrap();
        let mut forged = vec![];
        for alg in [
            "none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "ES256", "PS256",
            "EdDSA", "hs256",
        ] {
            forged.push(self.header("alg", Some(json!(alg))));
            let (message, _) = forged.last().unwrap().rsplit_once('.').unwrap();
            forged.push(format!("{message}."));
        }
        let strong = forged[10].rsplit_once('.').unwrap().0.to_owned();
        forged.push(format!("{strong}.{}", sign(hmac::HMAC_SHA384, &self.key, &strong)));
        forged.push(self.header("alg", None));
        let kids = [
            json!(format!("0{kid}")),
            json!(format!("+{kid}")),
            json!(format!(" {kid}")),
            json!(format!("{kid}.0")),
            json!("x"),
            json!(""),
            json!("-1"),
            json!("424242"),
            json!(kid.parse::<i64>().unwrap()),
            json!([kid]),
            json!("1"),
            json!(self.newer.0.to_string()),
        ];
        forged.extend(kids.map(|kid| self.header("kid", Some(kid))));
        forged.push(self.header("kid", None));
        let other = Self { key: self.newer.1.clone(), ..self.copy() };
        forged.push(other.signed(&self.header, &self.claims));
        let wrong = Self { key: vec![7; 32], ..self.copy() };
        forged.push(wrong.signed(&self.header, &self.claims));
        forged
    }

    fn wrong_claims(&self, now: i64) -> Vec<String> {
        let mut forged = vec![];
        for name in ["iss", "sub", "sid", "exp", "nbf", "iat", "jti", "ver"] {
            let other = match self.claims[name] {
                Value::String(_) => json!(169),
                _ => json!(self.claims[name].to_string()),
            };
            for value in [None, Some(other), Some(json!(null)), Some(json!([1])), Some(json!(true))]
            {
                forged.push(self.claim(name, value));
            }
        }
        for (name, value) in [
            ("iss", json!("patchbay.evil")),
            ("iss", json!("")),
            ("iss", json!("Patchbay")),
            ("sid", json!("170")),
            ("sid", json!("0169")),
            ("sid", json!("+169")),
            ("sid", json!("169 ")),
            ("sid", json!("")),
            ("sid", json!("0")),
            ("sub", json!("2")),
            ("sub", json!("01")),
            ("sub", json!("+1")),
            ("sub", json!("-1")),
            ("sub", json!("4242")),
            ("sub", json!("")),
            ("exp", json!(now)),
            ("exp", json!(now - 1)),
            ("exp", json!(0)),
            ("exp", json!(-1)),
            ("exp", json!(f64::from(i32::MAX))),
            ("exp", json!(1e300)),
            ("exp", json!(u64::MAX)),
            ("exp", json!(i64::MAX)),
            ("exp", json!(now + 901)),
            ("nbf", json!(now + 1)),
            ("nbf", json!(i64::MAX)),
            ("nbf", json!(0.5)),
            ("ver", json!(0)),
            ("ver", json!(1)),
            ("ver", json!(99)),
            ("ver", json!(-1)),
        ] {
            forged.push(self.claim(name, Some(value)));
        }
        forged
    }

    fn copy(&self) -> Self {
        let Self { header, claims, key, newer } = self;
        Self {
            header: header.clone(),
            claims: claims.clone(),
            key: key.clone(),
            newer: newer.clone(),
        }
    }
}

/// The same token in other spellings.
fn misspelt(token: &str) -> Vec<String> {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut flipped = bytes.clone();
    flipped[31] ^= 1;
    // The last character carries four bits: the rest may say nothing else.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(signature.chars().last().unwrap()).unwrap();
    let other = alphabet.chars().nth(last ^ 1).unwrap();
    let mut forged: Vec<_> = [
        String::new(),
        signature[..42].to_owned(),
        signature[..22].to_owned(),
        format!("{signature}="),
        format!("{signature}A"),
        BASE64_URL_SAFE.encode(&bytes),
        format!("{}{other}", &signature[..42]),
        BASE64_URL_SAFE_NO_PAD.encode(flipped),
        BASE64_URL_SAFE_NO_PAD.encode([0; 32]),
        hex::encode(&bytes),
    ]
    .into_iter()
    .map(|signature| format!("{message}.{signature}"))
    .collect();
    forged.extend([
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.x"),
        message.to_owned(),
        token.replacen('.', "..", 1),
        token.replacen('.', " .", 1),
        token.replacen('.', "=.", 1),
        format!("{token},{token}"),
        format!("\"{token}\""),
        "..".to_owned(),
        "x".to_owned(),
    ]);
    forged
}

async fn call(server: &TestServer, token: &str) -> Answer {
    server.get(token, PATH).await
}

#[tokio::test]
async fn no_forgery_is_accepted() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let forger = Forger::new(&server, &token).await;
    let mut tokens = forger.wrong_headers();
    let now = forger.claims["nbf"].as_i64().unwrap();
    tokens.extend(forger.wrong_claims(now));
    tokens.extend(misspelt(&token));
    assert!(tokens.len() >= 120, "{}", tokens.len());
    for bad in &tokens {
        let answer = call(&server, bad).await;
        let parts: Vec<_> =
            bad.split('.').map(|p| BASE64_URL_SAFE_NO_PAD.decode(p).unwrap_or_default()).collect();
        let shown: Vec<_> = parts.iter().map(|part| String::from_utf8_lossy(part)).collect();
        assert_eq!(answer.status, 401, "{bad} {shown:?}");
        assert!(answer.message().ends_with(" token"), "{answer}");
    }
    // The controls: the same hands make good tokens, of either key, in any spelling of the scheme.
    let mut newer = forger.copy();
    newer.header.insert("kid".into(), json!(forger.newer.0.to_string()));
    newer.key.clone_from(&forger.newer.1);
    for good in [
        &token,
        &forger.signed(&forger.header, &forger.claims),
        &newer.signed(&newer.header, &newer.claims),
    ] {
        assert_eq!(call(&server, good).await.status, 200, "{good}");
    }
    for (scheme, status) in
        [("bearer ", 200), ("BEARER ", 200), ("Bearer", 401), ("Basic ", 401), ("", 401)]
    {
        let value = format!("{scheme}{token}");
        let headers = [(header::AUTHORIZATION, value.as_str())];
        let answer = server.call_with(None, Method::GET, PATH, "", &headers).await;
        assert_eq!(answer.status, status, "{scheme}");
    }
}

#[tokio::test]
async fn a_token_lasts_for_899_seconds_and_not_for_901() {
    let server = TestServer::new().await;
    let token = server.token().await;
    server.pass(899);
    assert_eq!(call(&server, &token).await.status, 200);
    server.pass(1);
    assert_eq!(call(&server, &token).await.message(), "Expired token");
    server.pass(1);
    assert_eq!(call(&server, &token).await.message(), "Expired token");
    // A clock that is set back makes no token of one that is not valid yet.
    server.pass(-902);
    assert_eq!(call(&server, &token).await.message(), "Invalid token");
}
