//! What an SMTP server answers.

use crate::probe::wire::{Wire, WireError};

/// An answer: a code, and text in one or more lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl Reply {
    pub(super) const fn is_positive(&self) -> bool {
        matches!(self.code, 200..400)
    }

    /// The code and the text, on one line.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }
}

/// Reads an answer to its last line.
pub(super) async fn read_reply(wire: &mut Wire) -> Result<Reply, WireError> {
    let mut lines = vec![];
    loop {
        let line = wire.line().await?;
        let (code, is_last, text) = parse(&line).ok_or(WireError::Malformed)?;
        lines.push(text.to_owned());
        if is_last {
            return Ok(Reply { code, lines });
        }
    }
}

/// The code of a line, whether it is the last, and its text.
fn parse(line: &str) -> Option<(u16, bool, &str)> {
    let (code, rest) = line.split_at_checked(3)?;
    let is_code = code.bytes().all(|byte| byte.is_ascii_digit());
    let code = code.parse().ok().filter(|code| is_code && (200..600).contains(code))?;
    match rest.strip_prefix('-') {
        Some(text) => Some((code, false, text)),
        None if rest.is_empty() => Some((code, true, "")),
        None => Some((code, true, rest.strip_prefix(' ')?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_code_and_a_text() {
        assert_eq!(parse("220 hello"), Some((220, true, "hello")));
        assert_eq!(parse("250-AUTH PLAIN"), Some((250, false, "AUTH PLAIN")));
        assert_eq!(parse("220"), Some((220, true, "")));
        assert_eq!(parse("250-"), Some((250, false, "")));
        assert_eq!(parse("250  x"), Some((250, true, " x")));
        for line in
            ["", "22", "2200", "abc hello", "* OK", "HTTP/1.1 400", "+20 x", "999 x", "öö x"]
        {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
