//! What words say if they are read as one encoding or another.

use base64::{
    Engine, alphabet,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD_NO_PAD,
    },
};
use html_escape::decode_html_entities;
use std::collections::HashSet;

/// Encodings within encodings that are looked through.
const MAX_DEPTH: usize = 2;

/// Reads base64 with or without padding, also where it was cut off.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The form in which texts are compared: without case, blanks, and what differs between the alphabets of
/// base64. NULs go with the blanks, so that UTF-16 reads as ASCII.
pub(super) fn normalise(text: &str) -> Vec<char> {
    let chars = text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let chars = chars.filter(|char| !char.is_whitespace() && !char.is_control());
    chars.map(base64_char).collect()
}

const fn base64_char(char: char) -> char {
    match char {
        '-' => '+',
        '_' => '/',
        char => char,
    }
}

/// The forms of a secret that are looked for in each reading: itself, its letters and digits alone, its bytes taken for
/// Latin-1, and, as words in other case cannot be decoded, its base64. That has three forms, by what stands before it.
pub(super) fn encodings(secret: &str) -> impl Iterator<Item = String> {
    let bytes = secret.as_bytes();
    let base64 = (0..3).map(|offset| {
        let text = STANDARD_NO_PAD.encode([&[0; 2][..offset], bytes].concat());
        // A character that also holds bits of a neighbour is left out.
        let begin = [0, 2, 3][offset];
        let end = (offset + bytes.len()) * 8 / 6;
        text.get(begin..end).unwrap_or_default().to_owned()
    });
    // Less than four characters are in any text.
    let base64: Vec<_> = base64.filter(|text| text.len() > 3).collect();
    let letters = Some(letters_and_digits(secret)).filter(|text| text.chars().count() > 3);
    [secret.to_owned(), latin_1(bytes)].into_iter().chain(letters).chain(base64)
}

/// Parts that are set apart by other signs read as one text.
fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).collect()
}

/// The words, and what they say if they are decoded.
pub(super) fn readings(words: &str) -> HashSet<String> {
    let mut all = HashSet::from([words.to_owned()]);
    let mut last = vec![words.to_owned()];
    for _ in 0..MAX_DEPTH {
        let decoded: Vec<_> = last.iter().flat_map(|text| decode(text)).collect();
        last = decoded.into_iter().filter(|text| all.insert(text.clone())).collect();
    }
    all
}

fn decode(text: &str) -> Vec<String> {
    let mut all = vec![
        unescape(text),
        decode_html_entities(text).into_owned(),
        text.chars().rev().collect(),
        letters_and_digits(text),
    ];
    let bytes = [percent(text, '%'), percent(text, '=')].into_iter().chain(hex(text));
    all.extend(bytes.chain(base64(text)).flat_map(|bytes| texts(&bytes)));
    all
}

/// Bytes as UTF-8 and as Latin-1.
fn texts(bytes: &[u8]) -> [String; 2] {
    [String::from_utf8_lossy(bytes).into_owned(), latin_1(bytes)]
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Without the backslashes of quoted strings, JSON and logs; `\u20ac` is its character.
fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain += before;
        let code = after.strip_prefix('u').and_then(|hex| hex.get(..4));
        let char = code.and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
        let (char, length) = match char {
            Some(char) => (Some(char), 5),
            None => (after.chars().next(), after.chars().next().map_or(0, char::len_utf8)),
        };
        plain.extend(char);
        rest = &after[length..];
    }
    plain + rest
}

/// With the bytes that two digits behind a sign mean: URLs have `%`, quoted-printable has `=`.
fn percent(text: &str, sign: char) -> Vec<u8> {
    let mut parts = text.split(sign);
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.extend(digits);
        let read = if digits.is_some() { 2 } else { 0 };
        bytes.extend_from_slice(&part.as_bytes()[read..]);
    }
    bytes
}

/// All digits as hexadecimal ones, whatever stands between them, beginning with either of the first two.
fn hex(text: &str) -> Vec<Vec<u8>> {
    let text = text.replace("0x", "").replace("\\u00", "");
    let digits: Vec<u8> =
        text.chars().filter_map(|char| u8::try_from(char.to_digit(16)?).ok()).collect();
    let read = |begin: usize| {
        let pairs = digits.get(begin..).unwrap_or_default().chunks_exact(2);
        pairs.map(|pair| (pair[0] << 4) | pair[1]).collect()
    };
    vec![read(0), read(1)]
}

/// All characters of the alphabet as base64, beginning with each of the first four: one of them begins
/// where a group of four does.
fn base64(text: &str) -> Vec<Vec<u8>> {
    let text: String = text
        .chars()
        .map(base64_char)
        .filter(|char: &char| char.is_ascii_alphanumeric() || ['+', '/'].contains(char))
        .collect();
    (0..4)
        .filter_map(|begin| {
            let text: &str = text.get(begin..)?;
            let whole = text.len() - usize::from(text.len() % 4 == 1);
            LENIENT.decode(&text[..whole]).ok()
        })
        .collect()
}
