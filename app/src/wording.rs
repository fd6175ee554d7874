//! Sentences that several pages say, and those that are put together.

mod event;

pub use event::{label, predicate, sentence, value_texts, what};

/// What the pages say to somebody who may look, but not change.
pub const VIEWER: &str =
    "You may look at connections here. Admins of this site can make you an editor.";

/// What stands under the input of a new password.
pub const NEW_PASSWORD: &str = "At least 12 characters.";

/// The least length of a new password, as an input's attribute.
pub const NEW_PASSWORD_LENGTH: &str = "12";

/// A time to wait, rounded up: `45 seconds`, `3 minutes`.
#[must_use]
pub fn wait(seconds: i64) -> String {
    let up = |unit: i64| (seconds + unit - 1) / unit;
    let (number, unit) = match seconds {
        ..=1 => (1, "second"),
        2..=90 => (seconds, "second"),
        91..=5400 => (up(60), "minute"),
        _ => (up(3600), "hour"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn a_wait_is_never_said_too_short() {
        let said = [(-5, "1 second"), (1, "1 second"), (45, "45 seconds"), (91, "2 minutes")];
        for (seconds, text) in said {
            assert_eq!(wait(seconds), text);
        }
        assert_eq!(wait(900), "15 minutes");
        assert_eq!(wait(5401), "2 hours");
    }
}
