//! A sealed value: `form (1) | key id (8) | nonce (24) | ciphertext and tag`.

use super::{KeyId, SecretLocation, VaultError, ring::KEY_LEN};
use crate::random::random;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use shared::SiteId;

/// The only form so far.
const FORM: u8 = 1;

const NONCE_LEN: usize = 24;

/// A sealed value in its parts.
pub(super) struct Blob<'a> {
    pub(super) key: KeyId,
    nonce: [u8; NONCE_LEN],
    ciphertext: &'a [u8],
}

/// A key that is good for one site's values alone.
pub(super) struct SiteKey([u8; KEY_LEN]);

impl Drop for SiteKey {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY_LEN
    }
}

/// HKDF-SHA256 (RFC 5869) of a ring's key for a site.
pub(super) fn site_key(key: &[u8; KEY_LEN], site: SiteId) -> SiteKey {
    let info = format!("site {site}");
    let info = [info.as_bytes()];
    let pseudorandom = Salt::new(HKDF_SHA256, b"patchbay sealed values").extract(key);
    let mut site_key = SiteKey([0; KEY_LEN]);
    let expanded = pseudorandom.expand(&info, Length);
    expanded.and_then(|okm| okm.fill(&mut site_key.0)).expect("32 bytes are not too many for HKDF");
    site_key
}

impl<'a> Blob<'a> {
    pub(super) fn parse(sealed: &'a [u8]) -> Option<Self> {
        let (form, rest) = sealed.split_first()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        (*form == FORM).then_some(Self { key: KeyId(*key), nonce: *nonce, ciphertext })
    }

    pub(super) fn seal(
        id: KeyId,
        key: &SiteKey,
        place: &SecretLocation,
        value: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let nonce = random::<NONCE_LEN>()?;
        let header = header(id);
        let aad = aad(&header, place);
        let payload = Payload { msg: value, aad: &aad };
        let sealed = cipher(key).encrypt(&nonce.into(), payload);
        let sealed = sealed.map_err(|_| VaultError::Broken(place.clone()))?;
        Ok([&header[..], &nonce, &sealed].concat())
    }

    pub(super) fn open(&self, key: &SiteKey, place: &SecretLocation) -> Option<Vec<u8>> {
        let aad = aad(&header(self.key), place);
        let payload = Payload { msg: self.ciphertext, aad: &aad };
        cipher(key).decrypt(&self.nonce.into(), payload).ok()
    }
}

fn cipher(key: &SiteKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&key.0.into())
}

fn header(KeyId(id): KeyId) -> [u8; 9] {
    let mut header = [FORM; 9];
    header[1..].copy_from_slice(&id);
    header
}

/// The associated data. No name holds a slash, and what may hold one comes last.
fn aad(header: &[u8], SecretLocation { cell, site, row, bound }: &SecretLocation) -> Vec<u8> {
    let place = format!("/{}/{}/{site}/{row}/{bound}", cell.table(), cell.column());
    [header, place.as_bytes()].concat()
}
