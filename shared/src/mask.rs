//! Recognises what other tools show in place of a secret, so that it is never saved over one.

/// Words that tools print for a secret that they hide.
const WORDS: [&str; 12] = [
    "stored",
    "password",
    "redacted",
    "masked",
    "hidden",
    "filtered",
    "protected",
    "encrypted",
    "removed",
    "secret",
    "unchanged",
    "sensitive",
];

/// The longest piece of the real value that tools leave visible at the ends of a mask.
const VISIBLE: usize = 8;

/// Whether a text is a mask such as `******`, `••••ZDZD` or `[REDACTED]`.
#[must_use]
pub fn is_mask(text: &str) -> bool {
    let dense: String = text.split_whitespace().collect();
    let text = text.trim();
    is_filler(&dense) || is_partly_hidden(&dense) || is_placeholder(text) || is_tools_own(text)
}

/// What some tools put for a secret in words of their own, and templates that nobody filled in.
fn is_tools_own(text: &str) -> bool {
    let is_within = |open, close| text.starts_with(open) && text.ends_with(close);
    matches!(text, "$encrypted$" | "**MetabasePass**" | "[object Object]")
        || text.starts_with("__n8n_BLANK_VALUE")
        || (text.len() > 4 && (is_within("${", "}") || is_within("{{", "}}")))
}

/// Words that stand for no value in other tools: seldom a secret, but nobody knows.
#[must_use]
pub fn is_word_for_nothing(text: &str) -> bool {
    let word = text.trim().to_ascii_lowercase();
    matches!(&*word, "null" | "undefined" | "-" | "n/a" | "unchanged")
}

/// Stars, bullets and blocks: characters that stand for a hidden one.
fn is_dot(c: char) -> bool {
    matches!(
        c,
        '*' | '\u{2022}'
            | '\u{25cf}'
            | '\u{25cb}'
            | '\u{25e6}'
            | '\u{2219}'
            | '\u{00b7}'
            | '\u{22c5}'
            | '\u{2b24}'
            | '\u{25aa}'
            | '\u{25a0}'
            | '\u{2588}'
            | '\u{ff0a}'
            | '\u{2217}'
            | '\u{26ab}'
            | '\u{2026}'
            | '\u{30fb}'
            | '\u{2b1b}'
            | '\u{204e}'
    )
}

/// Nothing but dots, or one filler character four times or more.
fn is_filler(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let same = text.chars().all(|c| c == first);
    text.chars().all(is_dot)
        || same && text.chars().count() >= 4 && matches!(first, 'x' | 'X' | '.' | '-' | '_' | '#')
}

/// A row of three dots or more, or an ellipsis, with only a few real characters at the ends.
fn is_partly_hidden(text: &str) -> bool {
    let head = text.chars().take_while(|c| !is_dot(*c)).count();
    let tail = text.chars().rev().take_while(|c| !is_dot(*c)).count();
    let Some(hidden) = text.chars().count().checked_sub(head + tail) else { return false };
    let row: Vec<char> = text.chars().skip(head).take(hidden).collect();
    let long = hidden >= 3 || row.contains(&'\u{2026}');
    hidden > 0 && long && row.iter().all(|c| is_dot(*c)) && head <= VISIBLE && tail <= VISIBLE
}

/// A word for a hidden value between brackets of any kind, or the most telling ones bare.
fn is_placeholder(text: &str) -> bool {
    let pairs =
        [("[", "]"), ("<", ">"), ("(", ")"), ("{", "}"), ("${", "}"), ("__", "__"), ("**", "**")];
    let inner =
        pairs.into_iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close));
    let word = inner.unwrap_or(text).trim_matches(['*', '_', ' ']).to_ascii_lowercase();
    let known = |word: &str| WORDS.contains(&word);
    if inner.is_some() {
        known(&word) || word.split([' ', '_', '-', ':']).any(known)
    } else {
        matches!(word.as_str(), "redacted" | "masked" | "filtered")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_recognised() {
        for mask in [
            "*",
            "****",
            "********************",
            "••••••",
            "●●●●",
            "∙∙∙∙",
            "xxxxxxxx",
            "XXXX",
            "....",
            "----",
            "[REDACTED]",
            "<redacted>",
            "[Filtered]",
            "(hidden)",
            "{masked}",
            "__masked__",
            "***hidden***",
            "REDACTED",
            "…ZDZD",
            "****ZDZD",
            "EAAO********ZDZD",
            "••••3f9a",
            "<secret:hidden>",
            "${secret}",
            " ****** ",
            "[sensitive value]",
            "• • • •",
            "* * * *",
            "**** **** ZDZD",
            "**MetabasePass**",
            "$encrypted$",
            "__n8n_BLANK_VALUE_e5362baf-c777-4d57-a609-6eaf1f9e87f6",
            "(stored)",
            "<password>",
            "[object Object]",
            "${SMTP_PASSWORD}",
            "{{ mail.password }}",
        ] {
            assert!(is_mask(mask), "{mask}");
        }
    }

    #[test]
    fn real_secrets_are_not() {
        for secret in [
            "",
            "one_box#123",
            "p*ss",
            "a**b",
            "hunter2",
            "secret",
            "****this is a long sentence",
            "EAAG73PZBL8q4BAIEGZCOcVLrREgSemRNpRWI94ePZCzc",
            "xxx",
            "correct horse battery",
            "[brackets]",
            "pass…word is quite long",
            "unchanged",
            "$secret-Garden9",
            "_my_hidden_lake",
            "%removed-2024",
            "null",
            "N/A",
            "UNCHANGED",
            "password",
            "${a",
            "a{{b}}",
        ] {
            assert!(!is_mask(secret), "{secret}");
        }
    }
}
