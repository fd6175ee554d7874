//! The state of the form: one set of signals a field, and what follows from them.

use crate::{
    dom,
    form::{Conflict, FormState, Notice, fields},
};
use leptos::prelude::*;
use shared::{
    Code, ConnectionPatch, ConnectionView, FieldSpec, Severity, Version, Violation, Violations,
    validate::check, view::Edited,
};

/// One field of the form.
#[derive(Clone, Copy)]
pub struct FieldModel {
    /// Its row of the schema.
    pub spec: &'static FieldSpec,
    /// What is in its input; of a secret, only what was typed here.
    pub text: RwSignal<String>,
    /// Whether a secret's input is open.
    pub open: RwSignal<bool>,
    /// Whether a secret that may be missing is to be cleared.
    pub clear: RwSignal<bool>,
    /// Whether its user has left it: only then does it speak of mistakes.
    pub left: RwSignal<bool>,
}

impl FieldModel {
    fn new(spec: &'static FieldSpec, view: &ConnectionView, state: &FormState) -> Self {
        let typed = state.typed.get(spec.field).map(String::as_str);
        let secret = spec.field.is_secret();
        let unset = secret && view.secrets.get(spec.field).is_none();
        Self {
            spec,
            text: RwSignal::new(typed.unwrap_or_else(|| view.value(spec.field)).to_owned()),
            open: RwSignal::new(unset || state.replacing.contains(&spec.field)),
            clear: RwSignal::new(false),
            left: RwSignal::new(false),
        }
    }

    /// Takes what was typed into the input.
    pub fn type_text(self, text: String) {
        if self.text.with_untracked(|old| *old != text) {
            self.text.set(text);
        }
    }

    /// Puts a text into the input.
    pub fn put_text(self, text: &str) {
        dom::set_value(self.spec.input_id(), text);
        self.type_text(text.to_owned());
    }

    /// Back to what is stored.
    fn restore(self, view: &ConnectionView) {
        self.put_text(view.value(self.spec.field));
        self.open.set(self.spec.field.is_secret() && view.secrets.get(self.spec.field).is_none());
        self.clear.set(false);
        self.left.set(false);
    }

    /// What it does to the connection.
    fn add_to(self, patch: &mut ConnectionPatch) {
        let text = self.text.get();
        let secret = self.spec.field.is_secret();
        if secret && self.clear.get() {
            patch.set(self.spec.field, None);
        } else if !secret || (self.open.get() && !text.is_empty()) {
            patch.set(self.spec.field, Some(text));
        }
    }
}

/// The whole form.
#[derive(Clone, Copy)]
pub struct FormModel {
    /// The connection as it was last read.
    pub baseline: RwSignal<ConnectionView>,
    /// What differs from it.
    pub patch: Memo<ConnectionPatch>,
    /// What is wrong with the result.
    pub violations: Memo<Violations>,
    /// What the server said is wrong; a field's is gone once it is typed into.
    pub refused: RwSignal<Violations>,
    /// What somebody else changed.
    pub conflicts: RwSignal<Vec<Conflict>>,
    /// What is said above the fields.
    pub notice: RwSignal<Option<Notice>>,
    /// Whether a save is on its way.
    pub saving: RwSignal<bool>,
    /// Whether the WebAssembly runs: what works only then is shown only then.
    pub live: RwSignal<bool>,
    fields: StoredValue<Vec<FieldModel>>,
    /// While a pointer is down, the fields that were left meanwhile.
    pressed: StoredValue<Option<Vec<FieldModel>>>,
    /// The newest version that was told of.
    pub newest: StoredValue<Version>,
}

impl FormModel {
    pub fn new(view: ConnectionView, state: FormState) -> Self {
        let list: Vec<_> = fields(&view).map(|spec| FieldModel::new(spec, &view, &state)).collect();
        let fields = StoredValue::new(list);
        let baseline = RwSignal::new(view);
        let patch = Memo::new(move |_| baseline.with(|view| patch(&fields.get_value(), view)));
        let violations = Memo::new(move |_| {
            baseline.with(|view| patch.with(|patch| check(view.channel, &Edited { view, patch })))
        });
        Self {
            baseline,
            patch,
            violations,
            refused: RwSignal::new(state.violations),
            conflicts: RwSignal::new(state.conflicts),
            notice: RwSignal::new(state.notice),
            saving: RwSignal::new(false),
            live: RwSignal::new(false),
            fields,
            pressed: StoredValue::new(None),
            newest: StoredValue::default(),
        }
    }

    /// The fields, in the order in which they are shown.
    pub fn fields(self) -> Vec<FieldModel> {
        self.fields.get_value()
    }

    /// Whether leaving the page would lose something.
    pub fn has_unsaved(self) -> bool {
        !self.saving.get_untracked() && self.patch.with_untracked(|patch| !patch.is_empty())
    }

    /// What a field has to say: the server's word first, then, once it was left, our own.
    pub fn message(self, field: FieldModel) -> Option<Violation> {
        let key = field.spec.field.key();
        let refused = self.refused.with(|refused| refused.at(key).cloned());
        refused.or_else(|| {
            let left = field.left.get();
            left.then(|| self.violations.with(|found| found.at(key).cloned())).flatten()
        })
    }

    /// Whether a field is marked as wrong.
    pub fn is_invalid(self, field: FieldModel) -> bool {
        self.message(field).is_some_and(|violation| violation.severity == Severity::Error)
    }

    /// Takes what was typed into a field.
    pub fn type_into(self, field: FieldModel, text: String) {
        field.type_text(text);
        let key = field.spec.field.key();
        // Who was told of one account was not told of another.
        let names_account = field.spec.field.names_account();
        let is_over = |of: &Violation| of.field == key || (names_account && of.code == Code::Moves);
        if self.refused.with_untracked(|refused| refused.0.iter().any(is_over)) {
            self.refused.update(|refused| refused.0.retain(|violation| !is_over(violation)));
        }
    }

    /// A field was left, so it may speak of mistakes. If it was left by pressing something, it
    /// waits: a message that appeared at once could move what is pressed from under the pointer,
    /// and the click would be lost.
    pub fn leave(self, field: FieldModel) {
        let waits = self.pressed.try_update_value(|pressed| match pressed {
            Some(waiting) => {
                waiting.push(field);
                true
            }
            None => false,
        });
        if waits != Some(true) {
            field.left.set(true);
        }
    }

    /// A pointer went down.
    pub fn press(self) {
        self.pressed.set_value(Some(vec![]));
    }

    /// The pointer is up and its click is done.
    pub fn release(self) {
        let waiting = self.pressed.try_update_value(Option::take).flatten();
        for field in waiting.into_iter().flatten() {
            field.left.set(true);
        }
    }

    /// Back to what is stored.
    pub fn discard(self) {
        self.baseline
            .with_untracked(|view| self.fields().into_iter().for_each(|f| f.restore(view)));
        self.refused.set(Violations::default());
        self.conflicts.set(vec![]);
        self.notice.set(None);
    }

    /// The connection was saved and this is how it stands.
    pub fn saved(self, view: ConnectionView, notice: Notice) {
        self.baseline.set(view);
        self.discard();
        self.notice.set(Some(notice));
    }

    /// Somebody else saved before this form could.
    pub fn merge(self, now: ConnectionView) {
        self.take_over(now);
        self.notice.set(Some(Notice::Conflict));
    }

    /// Somebody else has just saved. If it was what is being edited here, nothing moves: a save that
    /// is about to be clicked must not overwrite what nobody has looked at.
    pub fn follow(self, now: ConnectionView) {
        let conflicts = self.baseline.with_untracked(|read| crate::form::conflicts(read, &now));
        let mine = self.patch.get_untracked();
        let overlaps = conflicts.iter().any(|conflict| mine.get(conflict.field).is_some());
        if !overlaps {
            self.take_over(now);
        }
        let notice = if overlaps { Notice::ChangedToo } else { Notice::Changed };
        self.notice.set(Some(notice));
    }

    /// What was typed stays; fields that were not touched follow. What was told before of others'
    /// changes is still told.
    fn take_over(self, now: ConnectionView) {
        let conflicts = self.baseline.with_untracked(|read| crate::form::conflicts(read, &now));
        let mine = self.patch.get_untracked();
        for field in self.fields() {
            let changed = conflicts.iter().any(|conflict| conflict.field == field.spec.field);
            if changed && mine.get(field.spec.field).is_none() {
                field.put_text(now.value(field.spec.field));
            }
        }
        self.conflicts.update(|told| {
            for conflict in conflicts {
                match told.iter_mut().find(|earlier| earlier.field == conflict.field) {
                    Some(earlier) => earlier.now = conflict.now,
                    None => told.push(conflict),
                }
            }
        });
        self.baseline.set(now);
    }
}

/// The fields that differ from what is stored, in their normal form.
fn patch(fields: &[FieldModel], view: &ConnectionView) -> ConnectionPatch {
    let mut patch = ConnectionPatch::default();
    for field in fields {
        field.add_to(&mut patch);
    }
    let patch = patch.normalised(view.channel);
    patch
        .iter()
        .filter(|(field, value)| {
            field.is_secret() || value.unwrap_or_default() != view.value(*field)
        })
        .map(|(field, value)| (field, value.map(Into::into)))
        .collect()
}
