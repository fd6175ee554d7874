//! Keeps secrets out of what servers and providers say.
//!
//! Foreign words are shown whole or not at all. They are dropped if they hold a run of a secret, however
//! it is written. Patchbay's own sentences are not looked at: with letters taken out of them, they would
//! tell a short password to whoever reads them.

mod reading;

use crate::provider::ProviderSettings;
use reading::{encodings, normalise, readings};
use shared::{Connection, Key};
use std::collections::{HashMap, HashSet};

/// Characters of a secret in a row that give it away; of a short one three quarters do.
const MIN_RUN_CHARS: usize = 8;

/// A secret that is shorter cannot be looked for without giving it away: beside it nothing is shown.
const MIN_SECRET_CHARS: usize = 4;

/// Characters of foreign words that are looked at: a secret may begin in what is shown.
const MAX_CHARS: usize = 400;

/// Characters of foreign words that are shown.
const MAX_SHOWN_CHARS: usize = 200;

/// Knows the secrets of a test, in the forms in which they may be found.
pub(super) struct Scrubber {
    /// Runs of secrets, by their length.
    runs: HashMap<usize, HashSet<Vec<char>>>,
    shows_nothing: bool,
}

impl Scrubber {
    /// For a connection's secrets, and the operator's, with which providers are asked.
    pub(super) fn new(connection: &Connection, providers: &ProviderSettings) -> Self {
        let own = [Key::Password, Key::Token].into_iter().filter_map(|key| connection.secret(key));
        let channel = connection.channel();
        let own = own.map(|secret| channel.secret_part(secret.expose()));
        let apps = providers.facebook_app.iter().chain(&providers.twitter_app);
        Self::of(own.chain(apps.map(|app| app.secret.expose())))
    }

    fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut scrubber = Self { runs: HashMap::new(), shows_nothing: false };
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            scrubber.shows_nothing |= secret.chars().count() < MIN_SECRET_CHARS;
            for form in encodings(secret) {
                scrubber.look_for(&normalise(&form));
            }
        }
        scrubber
    }

    /// Foreign words as they may be shown: on one line and not too long; `None` if they hold a secret.
    pub(super) fn clean(&self, text: &str) -> Option<String> {
        let text: String = text.chars().take(MAX_CHARS).collect();
        if self.shows_nothing || readings(&text).iter().any(|reading| self.finds(reading)) {
            return None;
        }
        let text = text.replace(|char: char| char.is_control(), " ");
        Some(text.trim().chars().take(MAX_SHOWN_CHARS).collect())
    }

    /// Foreign words within a sentence of ours.
    pub(super) fn clean_name(&self, text: &str) -> String {
        self.clean(text).unwrap_or_else(|| "…".to_owned())
    }

    /// Looks for all runs of a form of a secret that give it away.
    fn look_for(&mut self, form: &[char]) {
        let least = MIN_SECRET_CHARS.min(form.len());
        let length = (form.len() * 3 / 4).clamp(least, MIN_RUN_CHARS);
        if length > 0 {
            let runs = form.windows(length).map(<[char]>::to_vec);
            self.runs.entry(length).or_default().extend(runs);
        }
    }

    fn finds(&self, reading: &str) -> bool {
        let reading = normalise(reading);
        self.runs
            .iter()
            .any(|(length, runs)| reading.windows(*length).any(|window| runs.contains(window)))
    }
}

#[cfg(test)]
mod tests;
