//! Makes tokens as somebody would who knows how, and some as only the server could.

use crate::support::TestServer;
use aws_lc_rs::hmac;
use base64::prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Map, Value, json};
use server::store::{Purpose, SERVER};

/// The parts of a good token, and the keys to sign others with.
pub struct Forger {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    pub key: Vec<u8>,
    /// A newer key and its number.
    pub newer: (i64, Vec<u8>),
}

fn encode(part: &impl serde::Serialize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).unwrap())
}

fn sign(algorithm: hmac::Algorithm, key: &[u8], message: &str) -> String {
    let signature = hmac::sign(&hmac::Key::new(algorithm, key), message.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(signature)
}

impl Forger {
    pub async fn new(server: &TestServer, token: &str) -> Self {
        let part = |number| BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap());
        let map = |number| serde_json::from_slice(&part(number).unwrap()).unwrap();
        let store = &server.database.store;
        let mut tx = store.begin(SERVER).await.unwrap();
        let newer = shared::Secret::new("7f".repeat(32));
        tx.insert_server_key(Purpose::Token, &newer, 0).await.unwrap();
        tx.commit().await.unwrap();
        let keys = store.server_keys(Purpose::Token).await.unwrap();
        let secret = |number: usize| hex::decode(keys[number].secret.expose()).unwrap();
        Self { header: map(0), claims: map(1), key: secret(0), newer: (keys[1].id, secret(1)) }
    }

    /// Signed with the true key, whatever the header says.
    pub fn signed(&self, header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
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

    pub fn wrong_headers(&self) -> Vec<String> {
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

    pub fn wrong_claims(&self, now: i64) -> Vec<String> {
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

    pub fn copy(&self) -> Self {
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
pub fn misspelt(token: &str) -> Vec<String> {
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
