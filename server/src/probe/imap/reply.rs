//! What an IMAP server answers.

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: Status,
    /// With the response code, if there is one.
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    No,
    /// The command was not understood, or is not allowed now.
    Bad,
}

impl Reply {
    /// Reads what follows the tag.
    pub(super) fn parse(said: &str) -> Option<Self> {
        let (word, text) = said.split_once(' ').unwrap_or((said, ""));
        let status = match &*word.to_ascii_uppercase() {
            "OK" => Status::Ok,
            "NO" => Status::No,
            "BAD" => Status::Bad,
            _ => return None,
        };
        Some(Self { status, text: text.trim().to_owned() })
    }
}

/// Whether an untagged response is a status; the others are data.
pub(super) fn is_status(said: &str) -> bool {
    let word = said.split(' ').next().unwrap_or_default();
    ["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|status| word.eq_ignore_ascii_case(status))
}

/// The response code of a status, without its brackets.
pub(super) fn response_code(said: &str) -> Option<&str> {
    let (status, rest) = said.split_once(" [")?;
    let code = rest.split(']').next();
    code.filter(|_| is_status(status) && !status.contains(' '))
}

/// The bytes that a line announces to follow it: `{12}`, `{12+}`, `~{12}`. What no number can hold is more
/// than any limit.
pub(super) fn literal(line: &str) -> Option<usize> {
    let (_, length) = line.strip_suffix('}')?.rsplit_once('{')?;
    let length = length.strip_suffix('+').unwrap_or(length);
    let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| length.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_a_status_and_its_text() {
        let reply = |status, text: &str| Some(Reply { status, text: text.to_owned() });
        assert_eq!(Reply::parse("OK done"), reply(Status::Ok, "done"));
        assert_eq!(Reply::parse("no [X] \"a\" \\ "), reply(Status::No, "[X] \"a\" \\"));
        assert_eq!(Reply::parse("Bad"), reply(Status::Bad, ""));
        assert_eq!(Reply::parse("OKAY"), None);
        assert_eq!(Reply::parse(""), None);
    }

    #[test]
    fn a_response_code_stands_behind_a_status_alone() {
        assert_eq!(response_code("OK [CAPABILITY A B] hello"), Some("CAPABILITY A B"));
        assert_eq!(response_code("OK [CAPABILITY A"), Some("CAPABILITY A"));
        assert_eq!(response_code("OK hello [CAPABILITY A]"), None);
        assert_eq!(response_code("LIST [CAPABILITY A]"), None);
    }

    #[test]
    fn a_literal_is_announced_at_the_end_of_a_line() {
        for (line, length) in [
            (r#"LIST () "/" {530000000}"#, Some(530_000_000)),
            ("X {0}", Some(0)),
            ("X {12+}", Some(12)),
            ("X ~{12}", Some(12)),
            ("X {99999999999999999999999}", Some(usize::MAX)),
            ("X {12} y", None),
            ("X {}", None),
            ("X {-1}", None),
            ("X {a}", None),
            ("X }", None),
        ] {
            assert_eq!(literal(line), length, "{line}");
        }
    }
}
