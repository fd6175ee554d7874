//! The message that shows whether mail goes out: short, the same for all, and from a program.

use jiff::Timestamp;

/// A message to one address.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// A bare address in ASCII.
    pub to: &'a str,
    pub sent_at: Timestamp,
    /// What makes its Message-ID unique.
    pub unique: &'a str,
}

impl Letter<'_> {
    /// Its lines from a sender, without the one that ends it (RFC 5322).
    pub(super) fn lines(&self, from: &str) -> Vec<String> {
        let Letter { to, sent_at, unique } = self;
        let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let date = sent_at.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let headers = [
            format!("From: <{from}>"),
            format!("To: <{to}>"),
            "Subject: Test message from Patchbay".to_owned(),
            format!("Date: {date}"),
            format!("Message-ID: <{unique}@{domain}>"),
            // Nobody's vacation notice answers it (RFC 3834).
            "Auto-Submitted: auto-generated".to_owned(),
            "MIME-Version: 1.0".to_owned(),
            "Content-Type: text/plain; charset=us-ascii".to_owned(),
        ];
        let text = [
            "",
            "This is a test message. Somebody at your helpdesk sent it with Patchbay, to",
            "see whether mail goes out through this connection. There is nothing to do.",
        ];
        headers.into_iter().chain(text.map(str::to_owned)).collect()
    }
}

/// The id under which a server has queued a message, if it says one: `250 2.0.0 Ok: queued as 4XyZ`.
pub(super) fn queue_id(reply: &str) -> Option<&str> {
    let lower = reply.to_ascii_lowercase();
    let begin =
        ["queued as ", "id="].into_iter().find_map(|mark| Some(lower.find(mark)? + mark.len()))?;
    let id = reply.get(begin..)?.split_ascii_whitespace().next()?;
    Some(id.trim_matches(['<', '>', '.', ',', ';'])).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_short_and_from_a_program() {
        let sent_at = "2026-03-02T09:30:00Z".parse().unwrap();
        let letter = Letter { to: "anna@mail.example", sent_at, unique: "ab12" };
        let lines = letter.lines("help@desk.example");
        for line in [
            "From: <help@desk.example>",
            "To: <anna@mail.example>",
            "Date: Mon, 02 Mar 2026 09:30:00 +0000",
            "Message-ID: <ab12@desk.example>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(lines.iter().any(|found| found == line), "{line}: {lines:?}");
        }
        // None is taken for the end, and none is too long.
        assert!(lines.iter().all(|line| !line.starts_with('.') && line.len() <= 78));
    }

    #[test]
    fn a_queue_id_is_found_where_servers_say_it() {
        for (reply, id) in [
            ("250 2.0.0 Ok: queued as 4XyZ9W", Some("4XyZ9W")),
            ("250 OK id=1sAbCd-0001-Ab", Some("1sAbCd-0001-Ab")),
            ("250 2.0.0 Ok: Queued as <4XyZ>.", Some("4XyZ")),
            ("250 2.0.0 OK 1732700000 a1b2-c3 - gsmtp", None),
            ("250 queued as ", None),
            ("250", None),
        ] {
            assert_eq!(queue_id(reply), id, "{reply}");
        }
    }
}
