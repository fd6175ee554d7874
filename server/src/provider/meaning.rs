//! What providers' errors mean: one table for Meta and X, with a source a row.

use super::ApiError;
use reqwest::StatusCode;
use std::ops::RangeInclusive;

/// Whose API it is. They number their errors differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Api {
    #[default]
    Meta,
    X,
}

/// What a refusal means.
#[derive(Clone, Copy, Debug)]
pub enum Meaning {
    /// It may go well later.
    Busy,
    /// The same, since somebody overdid it.
    Abuse,
    App(AppProblem),
    Token(TokenProblem),
}

struct Row {
    api: Api,
    /// Any, if empty.
    codes: &'static [RangeInclusive<i64>],
    subcode: Option<i64>,
    /// All of these, in small letters, in the message or the kind of problem.
    words: &'static [&'static str],
    means: Meaning,
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads the table"))]
    source: &'static str,
}

const META_ERRORS: &str = "Meta: Graph API, Handle Errors";
const META_LIMITS: &str = "Meta: Graph API, Rate Limits";
const META_PROOF: &str = "Meta: Secure Graph API Calls";
const META_TOKENS: &str = "Meta: Debug and Error Handling of access tokens";
const X_CODES: &str = "X: Response Codes & Errors, version 1.1";
const X_PROBLEMS: &str = "X: Response Codes & Errors, problems of version 2";

const fn meta(
    codes: &'static [RangeInclusive<i64>],
    subcode: Option<i64>,
    means: Meaning,
    source: &'static str,
) -> Row {
    Row { api: Api::Meta, codes, subcode, words: &[], means, source }
}

const fn x(codes: &'static [RangeInclusive<i64>], means: Meaning) -> Row {
    Row { api: Api::X, codes, subcode: None, words: &[], means, source: X_CODES }
}

const fn says(
    api: Api,
    words: &'static [&'static str],
    means: Meaning,
    source: &'static str,
) -> Row {
    Row { api, codes: &[], subcode: None, words, means, source }
}

/// The first that fits wins.
const ROWS: &[Row] = {
    use AppProblem as A;
    use Meaning::{Abuse, App, Busy, Token};
    use TokenProblem as T;
    &[
        says(Api::Meta, &["appsecret_proof"], App(A::Secret), META_PROOF),
        says(Api::Meta, &["validating application"], App(A::Unknown), META_ERRORS),
        says(Api::Meta, &["invalid application id"], App(A::Unknown), META_ERRORS),
        says(Api::Meta, &["non-active app"], App(A::Inactive), META_ERRORS),
        says(Api::Meta, &["deprecated version"], App(A::OldVersion), META_ERRORS),
        meta(
            &[1..=2, -2..=-1, 4..=4, 17..=17, 32..=32, 341..=341, 613..=613],
            None,
            Busy,
            META_LIMITS,
        ),
        meta(&[80_000..=80_099], None, Busy, META_LIMITS),
        meta(&[368..=368], None, Abuse, META_ERRORS),
        meta(&[3..=3], None, App(A::NotAllowed), META_ERRORS),
        meta(&[101..=101], None, App(A::Unknown), META_ERRORS),
        meta(&[104..=104], None, App(A::Secret), META_ERRORS),
        meta(&[2635..=2635], None, App(A::OldVersion), META_ERRORS),
        meta(&[190..=190], Some(458), Token(T::AppRemoved), META_TOKENS),
        meta(&[190..=190], Some(459), Token(T::Checkpoint), META_TOKENS),
        meta(&[190..=190], Some(490), Token(T::Checkpoint), META_TOKENS),
        meta(&[190..=190], Some(460), Token(T::PasswordChanged), META_TOKENS),
        meta(&[190..=190], Some(463), Token(T::Expired), META_TOKENS),
        meta(&[190..=190], Some(464), Token(T::Unconfirmed), META_TOKENS),
        meta(&[190..=190], Some(467), Token(T::Invalid), META_TOKENS),
        meta(&[190..=190], Some(492), Token(T::LostRole), META_TOKENS),
        says(
            Api::Meta,
            &["nonexisting field", "node type (user)"],
            Token(T::UserTokenForPage),
            META_ERRORS,
        ),
        meta(&[100..=100], Some(33), Token(T::NotFound), META_ERRORS),
        meta(&[803..=803], None, Token(T::NotFound), META_ERRORS),
        meta(&[102..=102, 190..=190], None, Token(T::Refused), META_ERRORS),
        meta(&[10..=10, 200..=299], None, Token(T::NotAllowed), META_ERRORS),
        x(&[88..=88, 130..=131], Busy),
        x(&[32..=32], App(A::Keys)),
        x(&[64..=64, 326..=326], Token(T::AccountClosed)),
        x(&[89..=89], Token(T::Refused)),
        x(&[135..=135], App(A::Clock)),
        x(&[215..=215], App(A::Keys)),
        x(&[251..=251], App(A::OldVersion)),
        x(&[415..=416], App(A::Inactive)),
        x(&[453..=453], App(A::Plan)),
        says(Api::X, &["client-forbidden"], App(A::Plan), X_PROBLEMS),
        says(Api::X, &["not-enrolled"], App(A::Plan), X_PROBLEMS),
        says(Api::X, &["creditsdepleted"], App(A::Plan), X_PROBLEMS),
        says(Api::X, &["credits"], App(A::Plan), X_PROBLEMS),
        says(Api::X, &["usage-capped"], App(A::Plan), X_PROBLEMS),
        says(Api::X, &["unsupported-authentication"], App(A::Keys), X_PROBLEMS),
        says(Api::X, &["oauth1-permissions"], Token(T::NotAllowed), X_PROBLEMS),
        says(Api::X, &["suspended"], Token(T::AccountClosed), X_PROBLEMS),
    ]
};

impl Row {
    fn fits(&self, error: &ApiError, words: &str) -> bool {
        let has_code = self.codes.is_empty()
            || error.code.is_some_and(|code| self.codes.iter().any(|range| range.contains(&code)));
        self.api == error.api
            && has_code
            && (self.subcode.is_none() || self.subcode == error.subcode)
            && self.words.iter().all(|word| words.contains(word))
    }
}

/// What a provider says of this server's app: an affair of the operator's, whatever the connection is worth.
#[derive(Clone, Copy, Debug)]
pub enum AppProblem {
    Secret,
    /// The keys, or how requests are signed with them.
    Keys,
    Unknown,
    Inactive,
    NotAllowed,
    /// The plan does not include the question.
    Plan,
    OldVersion,
    Clock,
}

/// What a provider says of a token.
#[derive(Clone, Copy, Debug)]
pub enum TokenProblem {
    Expired,
    Invalid,
    PasswordChanged,
    AppRemoved,
    /// Facebook wants its user to look at something first.
    Checkpoint,
    Unconfirmed,
    /// The user does not manage the page any more.
    LostRole,
    /// It lacks a permission.
    NotAllowed,
    NotFound,
    Refused,
    /// The account is suspended or locked.
    AccountClosed,
    UserTokenForPage,
    PageTokenForUser,
    /// The page's and the user's stand in each other's place.
    Swapped,
    /// Of Instagram's own sign-in, which sees no page.
    InstagramLogin,
}

impl ApiError {
    /// What it means; `None` if no row says it, and it is the token that is refused.
    #[must_use]
    pub fn meaning(&self) -> Option<Meaning> {
        let Self { api, status, is_transient, .. } = *self;
        if is_transient || status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Some(Meaning::Busy);
        }
        let words = format!("{} {}", self.problem, self.server_message).to_lowercase();
        let row = ROWS.iter().find(|row| row.fits(self, &words));
        row.map(|row| row.means).or(match status {
            StatusCode::PAYMENT_REQUIRED => Some(Meaning::App(AppProblem::Plan)),
            StatusCode::FORBIDDEN if api == Api::X => {
                Some(Meaning::Token(TokenProblem::NotAllowed))
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_can_be_reached_and_names_its_source() {
        for (index, row) in ROWS.iter().enumerate() {
            assert!(!row.source.is_empty());
            let error = ApiError {
                api: row.api,
                status: StatusCode::BAD_REQUEST,
                code: row.codes.first().map(|range| *range.start()),
                subcode: row.subcode,
                ..ApiError::default()
            };
            let words = row.words.join(" … ");
            let first = ROWS.iter().position(|other| other.fits(&error, &words));
            assert_eq!(first, Some(index), "{:?} {:?} {words}", row.codes, row.subcode);
        }
    }
}
