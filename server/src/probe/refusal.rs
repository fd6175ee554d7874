//! What a mail server means by a refusal: one table for IMAP and SMTP.
//!
//! A row says what is looked for in the answer, at which stages, and what it means; the first row that fits wins. So
//! words of providers stand before codes, since they share codes for what has nothing in common: at Microsoft 5.7.139
//! is a wrong password and a switch of the organisation alike. What no row fits is passed on in the server's words.

mod table;

use super::Step;
use crate::wording::connection_test::Refusal;

/// An answer that refuses something, in parts.
#[derive(Debug)]
struct Answer<'a> {
    /// All of it, in lower case.
    words: String,
    /// SMTP's three digits.
    basic: Option<u16>,
    /// SMTP's enhanced status code (RFC 3463) or IMAP's response code (RFC 5530), in capitals.
    code: Option<&'a str>,
}

/// What is looked for in an answer.
#[derive(Debug)]
enum Pattern {
    /// All of these, anywhere.
    Words(&'static [&'static str]),
    Code(&'static str),
    Basic(u16),
    /// An SMTP code that begins with this digit.
    Class(u16),
}

#[derive(Debug)]
struct Row {
    at: &'static [Step],
    pattern: Pattern,
    means: Refusal,
    /// Where it is documented, or who says it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for whoever reads the table; a test holds that it is there")
    )]
    source: &'static str,
}

/// What an answer to something that was asked at a stage means. `text` is the answer after IMAP's tag and status, or
/// SMTP's with its code.
pub(super) fn meaning(step: Step, text: &str) -> Refusal {
    let upper = text.to_ascii_uppercase();
    let answer = Answer::parse(text.to_lowercase(), &upper);
    let row = table::ROWS.iter().find(|row| row.at.contains(&step) && row.pattern.fits(&answer));
    row.map_or(
        match step {
            Step::Tls => Refusal::Encryption,
            Step::SignIn => Refusal::SignIn,
            Step::OpenInbox => Refusal::Inbox,
            Step::Sender => Refusal::Sender,
            Step::Message => Refusal::Message,
            _ => Refusal::Connection,
        },
        |row| row.means,
    )
}

impl<'a> Answer<'a> {
    fn parse(words: String, upper: &'a str) -> Self {
        if let Some(code) = upper.strip_prefix('[') {
            let code = code.split([']', ' ']).next();
            return Self { words, basic: None, code };
        }
        let (first, rest) = upper.split_once([' ', '-']).unwrap_or((upper, ""));
        let basic = first.parse().ok().filter(|code| (200..600).contains(code));
        let code = rest.split_ascii_whitespace().next().filter(|code| {
            let parts: Vec<_> = code.split('.').collect();
            let are_numbers = parts.iter().all(|part| part.parse::<u16>().is_ok());
            basic.is_some() && parts.len() == 3 && are_numbers
        });
        Self { words, basic, code }
    }
}

impl Pattern {
    fn fits(&self, answer: &Answer<'_>) -> bool {
        match *self {
            Self::Words(words) => words.iter().all(|word| answer.words.contains(word)),
            Self::Code(code) => answer.code == Some(code),
            Self::Basic(code) => answer.basic == Some(code),
            Self::Class(digit) => answer.basic.is_some_and(|code| code / 100 == digit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_in_its_parts() {
        let parts = |text: &str| {
            let upper = text.to_ascii_uppercase();
            let answer = Answer::parse(String::new(), &upper);
            (answer.basic, answer.code.map(str::to_owned))
        };
        let code = |code: &str| Some(code.to_owned());
        assert_eq!(parts("535 5.7.8 no"), (Some(535), code("5.7.8")));
        assert_eq!(parts("535-5.7.8 no"), (Some(535), code("5.7.8")));
        assert_eq!(parts("535"), (Some(535), None));
        assert_eq!(parts("535 no 5.7.8"), (Some(535), None));
        assert_eq!(parts("[limit] no"), (None, code("LIMIT")));
        assert_eq!(parts("[WEBALERT https://a.example] no"), (None, code("WEBALERT")));
        assert_eq!(parts("LOGIN failed. [LIMIT]"), (None, None));
        assert_eq!(parts(""), (None, None));
    }

    #[test]
    fn each_row_can_be_reached_and_names_its_source() {
        for (index, row) in table::ROWS.iter().enumerate() {
            assert!(!row.source.is_empty() && !row.at.is_empty(), "{row:?}");
            let text = match row.pattern {
                Pattern::Words(words) => words.join(" … "),
                Pattern::Code(code) if code.contains('.') => format!("599 {code} x"),
                Pattern::Code(code) => format!("[{code}] x"),
                Pattern::Basic(code) => format!("{code} x"),
                Pattern::Class(digit) => format!("{digit}99 x"),
            };
            assert_eq!(text.to_lowercase(), text.to_lowercase().trim(), "{row:?}");
            for step in row.at {
                let upper = text.to_ascii_uppercase();
                let answer = Answer::parse(text.to_lowercase(), &upper);
                let first = table::ROWS
                    .iter()
                    .position(|row| row.at.contains(step) && row.pattern.fits(&answer));
                assert_eq!(first, Some(index), "an earlier row hides {row:?}");
            }
        }
    }
}
