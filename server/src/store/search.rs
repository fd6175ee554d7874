//! What the board's search looks through, and for what: folded texts, which every database matches literally.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use shared::{Connection, Key};
use std::cmp::Reverse;

/// What the board's search looks through.
const SEARCHED: [Key; 6] = [Key::Id, Key::Name, Key::UserId, Key::From, Key::Host, Key::TargetId];

/// Bytes of a row's folded text at most, so that it fits into an entry of an index (2,704 bytes on PostgreSQL).
const MAX_SEARCHED_BYTES: usize = 2000;

/// Stands between the fields, so that no word is found across two of them.
const BETWEEN: &str = "\n";

/// A text without what people leave out when they search: the case of letters, accents, and other forms of the
/// same character (Unicode, UAX #15 and "Caseless Matching"). Signs that make another letter, as in Thai and in
/// Indic scripts, stay.
#[must_use]
pub fn folded(text: &str) -> String {
    let decomposed = DecomposingNormalizer::new_nfkd().normalize(text);
    let without_accents: String =
        decomposed.chars().filter(|char| !matches!(char, '\u{300}'..='\u{36f}')).collect();
    let folded = CaseMapper::new().fold_string(&without_accents);
    // PostgreSQL has no text with a NUL.
    ComposingNormalizer::new_nfc().normalize(&folded).replace('\0', "\u{fffd}")
}

/// What is searched of a record. Its number is part of it.
pub(super) fn searched(connection: &Connection) -> String {
    let texts = SEARCHED.into_iter().filter_map(|key| connection.text(key));
    let mut text = texts.map(|text| folded(&text)).collect::<Vec<_>>().join(BETWEEN);
    text.truncate(text.floor_char_boundary(MAX_SEARCHED_BYTES));
    text
}

/// The words of a search, each of which [`Derived::search`](super::Derived::search) must contain to match; none that
/// another one contains.
#[must_use]
pub fn search_words(search: &str) -> Vec<String> {
    let mut words: Vec<_> = search.split_whitespace().map(folded).collect();
    words.sort_unstable_by_key(|word| Reverse(word.len()));
    let mut needed: Vec<String> = vec![];
    for word in words {
        if !needed.iter().any(|other| other.contains(&word)) {
            needed.push(word);
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prop_assert, prop_assert_eq, proptest};
    use shared::Field;

    #[test]
    fn what_people_type_finds_what_they_mean() {
        for (text, word) in [
            ("Café", "cafe"),
            ("cafe", "CAFÉ"),
            ("İstanbul", "istanbul"),
            ("Straße", "STRASSE"),
            ("北京客服", "客服"),
            ("ﬁnance", "finance"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("１２３", "123"),
            ("ร้าน", "ร้าน"),
        ] {
            assert!(folded(text).contains(&folded(word)), "{text}: {word}");
        }
        // A sign that makes another word stays.
        assert!(!folded("ร้าน").contains(&folded("ราน")));
    }

    #[test]
    fn a_word_is_looked_for_once() {
        assert_eq!(search_words("a Café  cafe af\u{0}"), ["af\u{fffd}", "cafe"]);
        assert!(search_words(" \t ").is_empty());
    }

    #[test]
    fn no_word_is_found_across_two_fields_and_no_text_is_too_long_for_an_index() {
        let mut connection = Connection::new("EMAIL", None);
        connection.set(Field::Name, Some("one".into()));
        connection.set(Field::UserId, Some("two".into()));
        assert!(!searched(&connection).contains("onetwo"));
        connection.set(Field::Name, Some("ü€".repeat(2000)));
        assert!(searched(&connection).len() <= MAX_SEARCHED_BYTES);
    }

    proptest! {
        #[test]
        fn every_word_of_a_text_finds_it(before in "[^\\p{C}]{0,9}", word in "[a-zA-Z0-9ßéİ客]{1,9}") {
            let text = folded(&[before, word.clone()].join(" "));
            prop_assert!(text.contains(&folded(&word)));
        }

        #[test]
        fn folding_again_changes_nothing(text in "[^\\p{C}]{0,40}") {
            prop_assert_eq!(folded(&folded(&text)), folded(&text));
        }
    }
}
