//! Characters that are not seen, or change how others are.

/// Whether a text has a character that is neither white space nor ignored where text is shown (Unicode's property
/// `Default_Ignorable_Code_Point`, and the empty pattern of Braille).
pub(super) fn shows_something(text: &str) -> bool {
    text.chars().any(|char| !char.is_whitespace() && !is_ignored(char))
}

/// Whether a character is not seen where text is shown.
pub(crate) const fn is_ignored(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character sets the direction of those around it (UAX #9: embeddings, overrides, isolates). The marks
/// U+200E and U+200F, which names in Arabic and Hebrew may need, do not.
pub(super) const fn turns_its_neighbours(char: char) -> bool {
    matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
