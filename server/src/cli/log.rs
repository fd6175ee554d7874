//! The log: on standard error, with the detail that `RUST_LOG` asks for.
//!
//! Other crates may log what they send, passwords included. Their lines are therefore capped at warnings,
//! whatever `RUST_LOG` says, unless it names the crate, and then the operator is warned.

use super::output::note;
use crate::http::log_without_messages;
use anyhow::Context;
use std::{
    env,
    io::{IsTerminal, stderr},
    str::FromStr,
};
use tracing::{Metadata, level_filters::LevelFilter};
use tracing_subscriber::{filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// The targets whose lines hold no secrets: our crates, and the layer that logs requests, which writes
/// status and duration alone.
const OURS: [&str; 4] = ["app", "server", "shared", "tower_http::trace"];

/// The most that other crates may log.
const FOREIGN_CEILING: LevelFilter = LevelFilter::WARN;

/// Starts the log. A line that cannot be written is lost, and nothing else happens.
pub(super) fn init() -> anyhow::Result<()> {
    let filter = Filter::of_environment()?;
    let named = filter.foreign();
    if !named.is_empty() {
        note(format_args!(
            "warning: RUST_LOG asks for lines of {}, which may hold passwords and tokens: keep this log \
             to yourself, and take the names out again",
            named.join(", ")
        ));
    }
    let most = filter.most();
    let layer = fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    // With it the layer reports a full disk by `eprintln!`, which panics on that same full disk.
    let layer = layer.log_internal_errors(false);
    // For all layers at once: a filter of one layer stays switched off on a thread where another crate only
    // asked whether a line of its own is enabled, and then our lines are lost.
    let filter =
        filter_fn(move |line: &Metadata<'_>| *line.level() <= filter.level_of(line.target()))
            .with_max_level_hint(most);
    tracing_subscriber::registry().with(layer).with(filter).init();
    log_without_messages();
    Ok(())
}

/// A level for all, and levels by target: `info,server=debug`.
#[derive(Debug, PartialEq, Eq)]
struct Filter {
    default: LevelFilter,
    targets: Vec<(String, LevelFilter)>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "“{0}” is not understood: give a level (error, warn, info, debug, trace, off), or a target and a level \
     such as server=debug; several with commas"
)]
struct FilterError(String);

impl Filter {
    fn of_environment() -> anyhow::Result<Self> {
        let text = env::var_os("RUST_LOG").unwrap_or_default();
        text.to_string_lossy().parse().context("RUST_LOG")
    }

    /// The most detailed level that a target may log at.
    fn level_of(&self, target: &str) -> LevelFilter {
        let named = self.targets.iter().filter(|(name, _)| covers(name, target));
        match named.max_by_key(|(name, _)| name.len()) {
            Some((_, level)) => *level,
            None if is_ours(target) => self.default,
            None => self.default.min(FOREIGN_CEILING),
        }
    }

    /// Other crates that are named with more than what they may log unasked.
    fn foreign(&self) -> Vec<&str> {
        self.targets
            .iter()
            .filter(|(name, level): &&(String, LevelFilter)| {
                *level > FOREIGN_CEILING && !is_ours(name)
            })
            .map(|(name, _)| &**name)
            .collect()
    }

    fn most(&self) -> LevelFilter {
        self.targets.iter().map(|(_, level)| *level).fold(self.default, LevelFilter::max)
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let mut filter = Self { default: LevelFilter::INFO, targets: vec![] };
        let mut has_default = false;
        for part in parts {
            let (target, level) = match (part.split_once('='), part.parse()) {
                (None, Ok(level)) => {
                    (filter.default, has_default) = (level, true);
                    continue;
                }
                (None, Err(_)) => (part, Ok(LevelFilter::TRACE)),
                (Some((_, "")), _) => return Err(FilterError(part.to_owned())),
                (Some((target, level)), _) => (target.trim(), level.trim().parse()),
            };
            let level = level.map_err(|_| FilterError(part.to_owned()))?;
            if !is_target(target) {
                return Err(FilterError(part.to_owned()));
            }
            filter.targets.push((target.to_owned(), level));
        }
        // Who names targets alone wants to see those, and what fails elsewhere.
        if !has_default && !filter.targets.is_empty() {
            filter.default = LevelFilter::ERROR;
        }
        Ok(filter)
    }
}

fn is_target(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && text
            .chars()
            .all(|char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | ':' | '-'))
}

/// Whether a target is the named one or within it.
fn covers(name: &str, target: &str) -> bool {
    target.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn is_ours(target: &str) -> bool {
    OURS.iter().any(|ours| covers(ours, target))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> Filter {
        text.parse().unwrap()
    }

    #[test]
    fn other_crates_are_capped_whatever_the_level() {
        for text in ["trace", "debug", "info", "", "server=trace,trace"] {
            let filter = filter(text);
            for target in
                ["async_imap::imap_stream", "hyper", "server_fn::client", "log", "sqlx::query"]
            {
                assert_eq!(filter.level_of(target), LevelFilter::WARN, "{text}: {target}");
            }
            assert_eq!(filter.foreign(), [""; 0], "{text}");
        }
        assert_eq!(filter("error").level_of("hyper"), LevelFilter::ERROR);
        assert_eq!(filter("off").level_of("hyper"), LevelFilter::OFF);
    }

    #[test]
    fn our_own_lines_have_the_level_that_is_asked_for() {
        assert_eq!(filter("").level_of("server::cli"), LevelFilter::INFO);
        assert_eq!(filter("trace").level_of("server"), LevelFilter::TRACE);
        assert_eq!(filter("trace").level_of("tower_http::trace::on_response"), LevelFilter::TRACE);
        let filter = filter("warn,server=info,server::probe=trace, app = debug ");
        for (target, level) in [
            ("server::web", LevelFilter::INFO),
            ("server::probe::imap", LevelFilter::TRACE),
            ("server::probes", LevelFilter::INFO),
            ("app", LevelFilter::DEBUG),
            ("shared", LevelFilter::WARN),
        ] {
            assert_eq!(filter.level_of(target), level, "{target}");
        }
        assert_eq!(filter.most(), LevelFilter::TRACE);
    }

    #[test]
    fn a_crate_that_is_named_may_log_and_is_warned_of() {
        let filter = filter("info,sqlx=debug,hyper,server=trace,rustls=warn");
        assert_eq!(filter.level_of("sqlx::query"), LevelFilter::DEBUG);
        assert_eq!(filter.level_of("hyper::proto"), LevelFilter::TRACE);
        assert_eq!(filter.level_of("hyper_util"), LevelFilter::WARN);
        assert_eq!(filter.foreign(), ["sqlx", "hyper"]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in
            ["a=b=c", "=trace", "server=loud", "server=", "ser ver", "server[span]=info", "7"]
        {
            assert_eq!(text.parse::<Filter>(), Err(FilterError(text.to_owned())), "{text}");
        }
        assert_eq!(filter(" , "), filter("info"));
    }
}
