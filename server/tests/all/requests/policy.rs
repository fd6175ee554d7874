//! Which scripts the pages let run.

use crate::web::Browser;
use axum::http::header;

/// The part of a page's policy that speaks of scripts, and the page.
async fn scripts(browser: &Browser, path: &str) -> (String, String) {
    let answer = browser.get(path).await;
    let policy = answer.header(header::CONTENT_SECURITY_POLICY).unwrap();
    let scripts = policy.split("; ").find(|part| part.starts_with("script-src")).unwrap();
    (scripts.to_owned(), answer.body.clone())
}

#[tokio::test]
async fn pages_that_stay_as_they_are_run_no_script_and_have_none() {
    let browser = Browser::signed_in().await;
    for path in ["/login", "/connections/new", "/connections/700", "/nowhere"] {
        let (policy, page) = scripts(&browser, path).await;
        assert_eq!(policy, "script-src 'none'", "{path}");
        assert!(page.contains("</html>") && !page.contains("<script"), "{path}: {page}");
    }
}

#[tokio::test]
async fn pages_that_come_alive_run_what_carries_a_fresh_nonce() {
    let browser = Browser::signed_in().await;
    let mut nonces = vec![];
    for path in ["/", "/connections/646", "/connections/646", "/connections/new?channel=twitter"] {
        let (policy, page) = scripts(&browser, path).await;
        let nonce = policy
            .strip_prefix("script-src 'self' 'nonce-")
            .and_then(|rest| rest.strip_suffix("' 'wasm-unsafe-eval'"))
            .unwrap_or_else(|| panic!("{path}: {policy}"));
        assert!(nonce.len() >= 22, "128 bits: {nonce}");
        let tags: Vec<_> = page.match_indices("<script").map(|(at, _)| &page[at..]).collect();
        assert!(tags.len() >= 2, "{path}: what starts it, and what belongs to it");
        for tag in tags {
            let tag = tag.split('>').next().unwrap();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: {tag}");
        }
        nonces.push(nonce.to_owned());
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 4, "never the same one");
}

#[tokio::test]
async fn no_page_has_a_style_or_a_handler_within() {
    let browser = Browser::signed_in().await;
    for path in ["/", "/login", "/connections/new", "/connections/646", "/connections/612", "/x"] {
        let (_, page) = scripts(&browser, path).await;
        for inline in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(inline), "{path}: {inline}");
        }
    }
}
