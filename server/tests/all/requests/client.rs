//! The client's address as handlers see it.

use super::{listening::Listening, plain, short};
use crate::support::send;
use axum::{Router, routing::get};
use server::http::{ClientAddr, WebConfig, client::TrustedProxies, protect};

fn echo(trusted: &[&str]) -> (Router, WebConfig) {
    let networks = trusted.iter().map(|network| network.parse().unwrap()).collect();
    let trusted_proxies = TrustedProxies::new(networks);
    let config = WebConfig { trusted_proxies, limits: short(), ..WebConfig::default() };
    let router = Router::new().route("/", get(async |ClientAddr(addr)| addr.to_string()));
    (protect(router, Router::new(), &config), config)
}

#[tokio::test]
async fn it_is_the_peer_or_what_a_trusted_proxy_says() {
    let request = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        x-forwarded-for: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.7, 127.0.0.9\r\n\r\n";
    for (trusted, expected) in
        [(&[][..], "127.0.0.1"), (&["127.0.0.0/8"], "192.0.2.7"), (&["10.0.0.0/8"], "127.0.0.1")]
    {
        let (router, config) = echo(trusted);
        let server = Listening::with(router, config).await;
        let answer = server.ask(request).await;
        assert!(answer.ends_with(&format!("\r\n\r\n{expected}")), "{trusted:?}: {answer}");
    }
}

#[tokio::test]
async fn without_a_connection_it_is_unspecified() {
    assert_eq!(send(&echo(&[]).0, plain("/")).await.body, "0.0.0.0");
}
