//! Looks hosts up. Once a test: an answer that differs the next time leads nowhere.

use async_trait::async_trait;
use std::{fmt::Debug, io, net::SocketAddr};

/// Who looks hosts up.
#[async_trait]
pub(super) trait Resolve: Debug + Send + Sync {
    /// The addresses of a host.
    async fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The system, with its hosts file and its cache.
#[derive(Debug)]
pub(super) struct System;

#[async_trait]
impl Resolve for System {
    async fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}
