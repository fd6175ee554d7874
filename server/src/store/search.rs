//! What the board's search looks through, and how it finds: the same on every database.
//!
//! A search first goes through a site's newest connections. Most that much matches is answered by them,
//! and so is all of a site that has no more. What is rarer is looked up in an index. Each row has there
//! all parts of three characters of its text, and of numbers those of five digits: of three digits there
//! are only a thousand, so that each is in a good part of all rows. Who is found is asked for the whole
//! of the term, since parts may be anywhere.

use shared::{Connection, Key};
use std::collections::BTreeSet;

/// Matches of a search that the index is asked for, and that are put in an order, at most. Of more, the
/// counts are "at least", and the rows are those of the page only if it is soon full.
pub const BOUND: u32 = 200;

/// A site's newest rows, that a search goes through before it asks the index.
pub const NEWEST: u32 = 1000;

/// The rows in the order of the page that are looked through for what much matches.
pub(super) const WALK: u32 = 2000;

/// What the board's search looks through.
const SEARCHED: [Key; 6] = [Key::Name, Key::UserId, Key::From, Key::Host, Key::TargetId, Key::Id];

/// So much of a field is searched, that all of them fit into an entry of an index (2,704 bytes on
/// PostgreSQL).
const SEARCHED_TEXT: usize = 100;

/// Stands before each field that is searched, so that a term can ask for its beginning.
const FIELD: &str = "\n\n";

/// What is searched of a record. Its number is part of it.
pub(super) fn searched(connection: &Connection) -> String {
    let lower = |text: &str| text.to_lowercase().chars().take(SEARCHED_TEXT).collect::<String>();
    let text = |key| Some(lower(&connection.text(key)?)).filter(|text| !text.is_empty());
    SEARCHED.into_iter().filter_map(text).flat_map(|text| [FIELD.into(), text]).collect()
}

/// The texts of three or more characters that [`Derived::search`](super::Derived::search) must contain,
/// each, to match a search. A word of one or two letters is one that a field begins with: the index has
/// nothing shorter than three.
#[must_use]
pub fn search_terms(search: &str) -> Vec<String> {
    let term = |word: &str| {
        // PostgreSQL has no text with a NUL, and so nothing that contains one.
        let word = word.to_lowercase().replace('\0', "\u{fffd}");
        let missing = PART.saturating_sub(word.chars().count()).min(FIELD.len());
        format!("{}{word}", &FIELD[FIELD.len() - missing..])
    };
    search.split_whitespace().map(term).collect()
}

/// The characters of a part that the index has of each text, and the digits of one that it has besides.
const PART: usize = 3;
const DIGITS: usize = 5;

/// The parts of a term that the index is asked for: no more than it takes for each character to be in
/// one. Of a term with digits, these are where most of them are and differ, and rather at the end than
/// at the beginning, which many numbers share.
pub(super) fn parts(term: &str) -> Vec<&str> {
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).count();
    let different = |part: &str| part.chars().collect::<BTreeSet<_>>().len();
    let number = windows(term, DIGITS).filter(|part| digits(part) == DIGITS);
    if let Some(number) = number.max_by_key(|part| different(part)) {
        return vec![number];
    }
    // Three alike are of no use: many numbers are filled up with zeros.
    let alike = |part: &str| windows(part, PART).any(|three| different(three) == 1);
    let score = |part: &&str| (!alike(part), 2 * digits(part) + different(part));
    let telling = windows(term, DIGITS - 1).chain(windows(term, DIGITS)).max_by_key(score);
    let covered = telling.filter(|part| digits(part) > 1).unwrap_or(term);
    let last = covered.chars().count().saturating_sub(PART);
    let covers = |(at, part): (usize, _)| (at % PART == 0 || at == last).then_some(part);
    windows(covered, PART).enumerate().filter_map(covers).collect()
}

/// All parts of a text that have so many characters.
fn windows(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let starts = text.char_indices().map(|(at, _)| at);
    starts.zip(ends.skip(size)).map(|(start, end)| &text[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prop_assert, proptest};

    #[test]
    fn the_telling_parts_of_a_term_are_looked_up() {
        for (term, expected) in [
            ("\n\n7", &["\n\n7"][..]),
            ("\n42", &["\n42"]),
            ("leeds", &["lee", "eds"]),
            ("billing", &["bil", "lin", "ing"]),
            ("press room", &["pre", "ss ", "roo", "oom"]),
            ("1234", &["123", "234"]),
            ("12345", &["12345"]),
            ("17841400000001234", &["01234"]),
            ("1000096", &["00096"]),
            ("0000000", &["00000"]),
            ("sales_1005", &["_10", "005"]),
            ("mail77.example", &["77.", ".ex"]),
            ("malmö.17.öster", &["17.", ".ös"]),
            // One digit tells nothing.
            ("öre.7", &["öre", "e.7"]),
        ] {
            assert_eq!(parts(term), expected, "{term}");
        }
    }

    proptest! {
        #[test]
        fn every_term_has_parts_of_which_the_index_has_each(search in "[ a-c0-2ö\0]{0,20}") {
            for term in search_terms(&search) {
                let parts = parts(&term);
                prop_assert!(!parts.is_empty(), "{term:?}");
                for part in parts {
                    let number = part.len() == DIGITS && part.bytes().all(|b| b.is_ascii_digit());
                    prop_assert!(number || part.chars().count() == PART, "{part:?}");
                    prop_assert!(term.contains(part));
                }
            }
        }
    }
}
