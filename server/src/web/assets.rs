//! The files of the browser's side, which the executable embeds: WebAssembly, JavaScript and CSS in one bundle under
//! `/pkg/{hash}/`, and a few under fixed names. All were compressed at build time.

use aws_lc_rs::digest;
use axum::{
    body::Body,
    extract::{Path, Request},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use leptos::config::LeptosOptions;
use rust_embed::{DynRustEmbed, EmbeddedFile};
use std::{
    borrow::Cow,
    sync::{LazyLock, OnceLock},
};

/// The files that the executable embeds. Without them, as in tests, pages have no style and stay plain HTML.
static FILES: OnceLock<&(dyn DynRustEmbed + Sync)> = OnceLock::new();

/// Serves these files from now on, in the whole process.
///
/// # Panics
///
/// If there are others already: a bundle's address is that of its files.
pub fn serve(files: &'static (dyn DynRustEmbed + Sync)) {
    assert!(FILES.set(files).is_ok(), "files are installed once");
}

fn embedded(name: &str) -> Option<EmbeddedFile> {
    FILES.get()?.get(name)
}

/// The name of the bundle: a hash of all its files, so that it can be cached forever.
static BUNDLE: LazyLock<String> = LazyLock::new(|| {
    let mut hash = digest::Context::new(&digest::SHA256);
    let names = FILES.get().map(|files| files.names()).unwrap_or_default();
    for name in names.iter().filter(|name| name.starts_with("pkg/")) {
        hash.update(name.as_bytes());
        if let Some(file) = embedded(name) {
            hash.update(&file.metadata.sha256_hash());
        }
    }
    hex::encode(&hash.finish().as_ref()[..8])
});

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Where the pages find the bundle.
pub(super) fn options() -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("patchbay")
        .site_pkg_dir(format!("pkg/{}", *BUNDLE))
        .build()
}

/// A file of the bundle.
pub(super) async fn bundled(
    Path((bundle, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    // A page of another build may ask for its own bundle: it gets ours, but must not keep it.
    let cache = if bundle == *BUNDLE { FOREVER } else { REVALIDATE };
    file(&format!("pkg/{path}"), &headers, cache).unwrap_or(StatusCode::NOT_FOUND.into_response())
}

/// A file under a fixed name.
pub(super) async fn named(request: Request) -> Response {
    let name = request.uri().path().trim_start_matches('/');
    let file = file(name, request.headers(), AN_HOUR);
    file.unwrap_or(StatusCode::NOT_FOUND.into_response())
}

fn file(name: &str, headers: &HeaderMap, cache: HeaderValue) -> Option<Response> {
    let plain = embedded(name)?;
    let mime = HeaderValue::try_from(plain.metadata.mimetype()).ok()?;
    let (file, encoding) = compressed(name, headers).unwrap_or((plain, None));
    let body = match file.data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut response = body.into_response();
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, mime);
    fields.insert(CACHE_CONTROL, cache);
    fields.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        fields.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// The file as it was compressed at build time, in the best way that the browser takes.
fn compressed(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let accepts = |coding: &str| {
        accepted.split(',').any(|part| part.split(';').next().is_some_and(|c| c.trim() == coding))
    };
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| accepts(coding))
        .find_map(|(coding, suffix)| Some((embedded(&format!("{name}.{suffix}"))?, Some(coding))))
}
