//! Flash messages: what a post leaves for the page that its redirect leads to (Post/Redirect/Get).
//! One is shown once. It is kept in the session, sealed under the session's id, which the database
//! does not have: it may hold the link of an invitation, or what somebody typed.

use super::failed;
use anyhow::{Context, anyhow};
use aws_lc_rs::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest,
};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use tower_sessions::{Session, session::Id};

/// Where a session keeps it.
const FLASH: &str = "flash";

/// What is left for a page.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Flash {
    /// Something was done, or not.
    Message {
        good: bool,
        text: String,
    },
    Invited {
        email: String,
        link: String,
    },
    /// The password was changed.
    PasswordChanged,
    /// What was typed into a form, without secrets, before its user had to sign in again.
    Typed(Vec<(String, String)>),
}

/// A message and the page that it is for.
#[derive(Serialize, Deserialize)]
struct Addressed {
    page: String,
    flash: Flash,
}

/// Redirects to a page that shows a message.
pub(super) async fn redirect(session: &Session, page: &str, flash: Flash) -> Response {
    match leave(session, page, flash).await {
        Ok(()) => Redirect::to(page).into_response(),
        Err(error) => failed(&*error),
    }
}

async fn leave(session: &Session, page: &str, flash: Flash) -> anyhow::Result<()> {
    let id = session.id().context("a session that was not saved yet")?;
    let text = serde_json::to_vec(&Addressed { page: page.to_owned(), flash })?;
    session.insert(FLASH, seal(id, text)?).await?;
    Ok(())
}

/// Takes the message out of the session, if it is for this page: another tab's page leaves it there.
pub(super) async fn take(session: &Session, page: &str) -> anyhow::Result<Option<Flash>> {
    let Some(id) = session.id() else { return Ok(None) };
    let Some(sealed) = session.get::<String>(FLASH).await? else { return Ok(None) };
    let read = open(id, &sealed).and_then(|text| Ok(serde_json::from_slice::<Addressed>(&text)?));
    if read.as_ref().is_ok_and(|addressed| addressed.page != page) {
        return Ok(None);
    }
    session.remove::<String>(FLASH).await?;
    match read {
        Ok(addressed) => Ok(Some(addressed.flash)),
        // It was left by another version of the server. The page itself is not worse for it.
        Err(error) => {
            tracing::warn!(error = &*error, "a flash message was not understood");
            Ok(None)
        }
    }
}

fn key(id: Id) -> anyhow::Result<LessSafeKey> {
    let text = [b"flash", &id.0.to_be_bytes()[..]].concat();
    let key = digest::digest(&digest::SHA256, &text);
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_ref());
    Ok(LessSafeKey::new(key.map_err(|_| anyhow!("no key for a flash message"))?))
}

fn seal(id: Id, mut text: Vec<u8>) -> anyhow::Result<String> {
    let nonce = crate::random::random::<NONCE_LEN>()?;
    let sealed = key(id)?.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::empty(),
        &mut text,
    );
    sealed.map_err(|_| anyhow!("a flash message was not sealed"))?;
    Ok(hex::encode([&nonce[..], &text].concat()))
}

fn open(id: Id, sealed: &str) -> anyhow::Result<Vec<u8>> {
    let sealed = hex::decode(sealed)?;
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().context("no flash message")?;
    let mut text = text.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let opened = key(id)?.open_in_place(nonce, Aad::empty(), &mut text);
    let length = opened.map_err(|_| anyhow!("a flash message was changed"))?.len();
    text.truncate(length);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_opens_under_its_sessions_id_alone() {
        let text = b"https://patchbay.test/invite/canary".to_vec();
        let sealed = seal(Id(1), text.clone()).unwrap();
        assert!(!sealed.contains(&hex::encode("canary")));
        assert_eq!(open(Id(1), &sealed).unwrap(), text);
        assert!(open(Id(2), &sealed).is_err());
    }
}
