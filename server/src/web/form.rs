//! A connection's form as a browser posts it without WebAssembly. Beside each input there is what
//! it held when the page was made, so that only what was changed is taken.

use super::form_id::FormId;
use crate::wording::notice::SECRETS_NOT_KEPT;
use app::{
    FORM_ID,
    form::{Conflict, FormState},
};
use axum::{
    Form,
    extract::{FromRequest, Request, rejection::FormRejection},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use shared::{ConnectionPatch, ConnectionView, Field, FieldMap, Version};

pub(super) struct Posted(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = FormRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, FormRejection> {
        Form::from_request(request, state).await.map(|Form(pairs)| Self(pairs))
    }
}

/// A posted form, and the rest of its request, with which its page is shown again.
pub(super) async fn posted_with_parts(request: Request) -> Result<(Parts, Posted), Response> {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let posted = Posted::from_request(request, &()).await.map_err(IntoResponse::into_response)?;
    Ok((parts, posted))
}

/// The longest that the typed text may be which the sign-in carries, in bytes of its own form: it
/// fits into a body of that form beside what is typed there.
const MAX_CARRIED: usize = 8 * 1024;

impl Posted {
    /// Reads a body, or what a body carries of another.
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// What the form says of itself.
    pub(super) fn form_id(&self) -> Option<FormId> {
        self.form_id_text().parse().ok()
    }

    /// The same as it was posted.
    pub(super) fn form_id_text(&self) -> &str {
        self.get(FORM_ID).unwrap_or_default()
    }

    /// What was typed, as a body again; `None` if that is nothing, or too much.
    pub(super) fn carried(&self) -> Option<String> {
        let pairs = self.typed_pairs();
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(&pairs).finish();
        let length = form_urlencoded::byte_serialize(body.as_bytes()).map(str::len).sum::<usize>();
        (!pairs.is_empty() && length <= MAX_CARRIED).then_some(body)
    }

    /// What was typed, without secrets, and what it takes to show it in its form again. Nothing if
    /// nothing was typed.
    pub(super) fn typed_pairs(&self) -> Vec<(String, String)> {
        let typed = self.typed();
        let replacing = self.replacing();
        let mut pairs: Vec<(String, String)> = vec![];
        for (field, value) in typed.iter() {
            pairs.push((field.name().to_owned(), value.clone()));
            let was = format!("was-{}", field.name());
            pairs.extend(self.get(&was).map(|value| (was.clone(), value.to_owned())));
        }
        pairs.extend(replacing.iter().map(|f| ("replacing".to_owned(), f.name().to_owned())));
        let of_an_invitation = ["email", "role"].into_iter();
        pairs.extend(of_an_invitation.filter_map(|key| self.pair(key)));
        if !pairs.is_empty() {
            pairs.extend(["version", FORM_ID].into_iter().filter_map(|key| self.pair(key)));
        }
        pairs
    }

    fn pair(&self, key: &str) -> Option<(String, String)> {
        Some((key.to_owned(), self.get(key)?.to_owned()))
    }

    /// What to say of secrets when a form is shown again; nothing if there were none.
    pub(super) fn about_secrets(&self) -> &'static str {
        if self.replacing().is_empty() { "" } else { SECRETS_NOT_KEPT }
    }

    /// The first value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The version that the page was made at.
    pub(super) fn version(&self) -> Version {
        self.get("version").and_then(|version| version.parse().ok()).unwrap_or_default()
    }

    /// Whether a button was pressed that only opens or closes the input of a secret.
    pub(super) fn only_redraws(&self) -> bool {
        self.get("replace").or(self.get("keep")).is_some()
    }

    /// The secrets whose inputs are to be open.
    fn replacing(&self) -> Vec<Field> {
        let named = |name, field: Field| self.all(name).any(|value| value == field.name());
        let open = |field| named("replacing", field) || named("replace", field);
        let secrets = Field::ALL.into_iter().filter(|field| field.is_secret());
        secrets.filter(|&field| open(field) && !named("keep", field)).collect()
    }

    /// What was changed in an input that is no secret's: the value it has now.
    fn typed(&self) -> FieldMap<String> {
        let plain = Field::ALL.into_iter().filter(|field| !field.is_secret());
        plain
            .filter_map(|field| {
                let value = self.get(field.name())?;
                let was = self.get(&format!("was-{}", field.name())).unwrap_or_default();
                (value != was).then(|| (field, value.to_owned()))
            })
            .collect()
    }

    pub(super) fn patch(&self) -> ConnectionPatch {
        let typed = self.typed();
        let plain = typed.iter().map(|(field, value)| (field, Some(value.clone())));
        let replaced = self.replacing().into_iter().filter_map(|field| {
            let value = self.get(field.name()).filter(|value| !value.is_empty())?;
            Some((field, Some(value.to_owned())))
        });
        let cleared = self.all("clear").filter_map(field).map(|field| (field, None));
        plain.chain(replaced).chain(cleared).collect()
    }

    /// Whether its user confirmed that the connection would be for this account, which is another.
    pub(super) fn allow_account_change(&self) -> bool {
        let names = Field::ALL.into_iter().filter(|field| field.identifies_account());
        let names: Vec<_> = names.filter_map(|field| self.get(field.name())).collect();
        self.get("moves") == Some(&*names.join(" "))
    }

    /// The form as it was, to be shown again. Typed secrets do not go back to the browser: their
    /// inputs are open and empty.
    pub(super) fn state(&self) -> FormState {
        FormState { typed: self.typed(), replacing: self.replacing(), ..FormState::default() }
    }

    /// What somebody else changed since the page was made.
    pub(super) fn conflicts(&self, now: &ConnectionView) -> Vec<Conflict> {
        let version = self.version();
        let conflict = |field: Field| {
            if let Some(was) = self.get(&format!("was-{}", field.name())) {
                let now = now.value(field);
                return (was != now).then(|| Conflict {
                    field,
                    before: Some(was.to_owned()),
                    now: Some(now.to_owned()),
                });
            }
            let changed = now.secrets.get(field).is_some_and(|secret| secret.version > version);
            changed.then_some(Conflict { field, before: None, now: None })
        };
        Field::ALL.into_iter().filter_map(conflict).collect()
    }
}

fn field(name: &str) -> Option<Field> {
    shared::Key::parse(name)?.field()
}
