//! The state of the form: one set of signals a field, and what follows from them.

use super::{
    draft::{Draft, Input, Inputs},
    news::News,
};
use crate::{
    answer::Current,
    dom,
    form::{Conflict, FormState, HEALTH, Notice, fields},
};
use leptos::prelude::*;
use shared::{
    Code, ConnectionPatch, ConnectionView, Field, FieldSpec, Severity, Version, Violation,
    Violations, view::Edited,
};
use std::sync::Arc;

/// One field of the form.
#[derive(Clone, Copy)]
pub struct FieldModel {
    /// Its row of the schema.
    pub spec: &'static FieldSpec,
    /// Whether its user has left it: only then does it speak of mistakes.
    pub left: RwSignal<bool>,
}

/// The whole form.
#[derive(Clone, Copy)]
pub struct FormModel {
    /// What the server has, and what was typed.
    pub draft: RwSignal<Draft>,
    /// The connection as the server had it last: the draft's, so that typing does not render it again.
    pub view: RwSignal<Arc<ConnectionView>>,
    /// What somebody else changed: the draft's as well.
    pub conflicts: RwSignal<Vec<Conflict>>,
    /// What differs from it.
    pub patch: Memo<ConnectionPatch>,
    /// What is wrong with the result.
    pub violations: Memo<Violations>,
    /// What the server said is wrong; a field's is gone once it is typed into.
    pub refused: RwSignal<Violations>,
    /// What is said above the fields.
    pub notice: RwSignal<Option<Notice>>,
    /// Whether a save is on its way.
    pub saving: RwSignal<bool>,
    /// Whether the WebAssembly runs: what works only then is shown only then.
    pub live: RwSignal<bool>,
    fields: StoredValue<Vec<FieldModel>>,
    /// While a pointer is down, the fields that were left meanwhile.
    pressed: StoredValue<Option<Vec<FieldModel>>>,
    news: StoredValue<News>,
}

impl FormModel {
    pub fn new(view: ConnectionView, state: FormState) -> Self {
        let fields = StoredValue::new(
            fields(&view).map(|spec| FieldModel { spec, left: RwSignal::new(false) }).collect(),
        );
        let (refused, notice) = (state.violations.clone(), state.notice);
        let draft = Draft::new(view, state);
        let (view, conflicts) = (draft.view.clone(), draft.conflicts.clone());
        let draft = RwSignal::new(draft);
        let patch = Memo::new(move |_| draft.with(Draft::patch));
        let violations = Memo::new(move |_| {
            draft.with(|Draft { view, .. }| patch.with(|patch| Edited { view, patch }.check()))
        });
        Self {
            draft,
            view: RwSignal::new(view),
            conflicts: RwSignal::new(conflicts),
            patch,
            violations,
            refused: RwSignal::new(refused),
            notice: RwSignal::new(notice),
            saving: RwSignal::new(false),
            live: RwSignal::new(false),
            fields,
            pressed: StoredValue::new(None),
            news: StoredValue::default(),
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

    /// What is in a field's input.
    pub fn input<T>(self, field: FieldModel, read: impl Fn(&Input) -> T) -> T
    where
        T: Default,
    {
        self.draft.with(|draft| draft.inputs.get(field.spec.field).map(read)).unwrap_or_default()
    }

    /// Changes what is in a field's input, if that makes a difference.
    pub fn set_input(self, field: FieldModel, change: impl FnOnce(&mut Input)) {
        let mut input = untrack(|| self.input(field, Clone::clone));
        let before = input.clone();
        change(&mut input);
        if input != before {
            self.draft.update(|draft| draft.inputs.insert(field.spec.field, input));
        }
    }

    /// Takes what was typed into a field.
    pub fn type_into(self, field: FieldModel, text: String) {
        self.set_input(field, |input| input.text = text);
        let key = field.spec.field.key();
        // A warning about one account does not cover another.
        let identifies_account = field.spec.field.identifies_account();
        let is_over = |of: &Violation| {
            of.field == key || (identifies_account && of.code == Code::AccountChanged)
        };
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
        self.change(&mut Draft::discard);
        self.settle(None);
    }

    /// A field is back to what is stored.
    pub fn take_theirs(self, field: Field) {
        self.change(&mut |draft| draft.restore(field));
    }

    /// The form was saved, with what was in its inputs then.
    pub fn saved(self, now: Current, sent: &Inputs) {
        self.take(now, &mut |draft, view| draft.saved(view, sent));
        self.settle(Some(Notice::Saved));
    }

    /// The connection was enabled or disabled.
    pub fn switched(self, now: Current) {
        self.take(now, &mut |draft, view| drop(draft.take(view, None)));
        self.notice.set(Some(Notice::Saved));
    }

    /// Somebody else saved before this form could.
    pub fn merge(self, now: Current) {
        self.take(now, &mut Draft::merge);
        self.notice.set(Some(Notice::Conflict));
    }

    /// The connection as it was read again: somebody else changed it, or it was tested.
    pub fn follow(self, now: Current) {
        let mut notice = None;
        self.take(now, &mut |draft, view| notice = draft.reread(view));
        if notice.is_some() {
            self.notice.set(notice);
        }
    }

    /// Whether a save would overwrite what nobody has seen. If so, it is shown instead.
    pub fn shows_overlap(self) -> bool {
        let overlaps = self.draft.with_untracked(Draft::is_overlapped);
        if overlaps {
            self.change(&mut Draft::show_unseen);
            self.notice.set(Some(Notice::Conflict));
        }
        overlaps
    }

    /// Takes an answer of the server: all that is shown of the connection is as it says.
    fn take(self, now: Current, take: &mut dyn FnMut(&mut Draft, ConnectionView)) {
        let Current { view, health } = now;
        dom::set_html(HEALTH, &health);
        let mut view = Some(view);
        self.change(&mut |draft| {
            if let Some(view) = view.take() {
                take(draft, view);
            }
        });
    }

    /// Changes the draft, and puts into the page's inputs what is another text since. It is no generic
    /// function: the WebAssembly would have it once for each use.
    fn change(self, change: &mut dyn FnMut(&mut Draft)) {
        let mut draft = self.draft.write();
        let before = draft.inputs.clone();
        change(&mut draft);
        for field in self.fields() {
            let key = field.spec.field;
            if let Some(after) = draft.inputs.get(key)
                && before.get(key).is_none_or(|before| before.text != after.text)
            {
                dom::set_value(field.spec.input_id(), &after.text);
            }
        }
        let (view, conflicts) = (draft.view.clone(), draft.conflicts.clone());
        drop(draft);
        if self.view.with_untracked(|shown| !Arc::ptr_eq(shown, &view)) {
            self.view.set(view);
        }
        if self.conflicts.with_untracked(|shown| *shown != conflicts) {
            self.conflicts.set(conflicts);
        }
    }

    /// Nothing is wrong any more, and only what was typed since may speak of mistakes.
    fn settle(self, notice: Option<Notice>) {
        let patch = self.patch.get_untracked();
        for field in self.fields() {
            if patch.get(field.spec.field).is_none() {
                field.left.set(false);
            }
        }
        self.refused.set(Violations::default());
        self.notice.set(notice);
    }

    /// The version that is shown.
    pub fn version(self) -> Version {
        self.view.with_untracked(|view| view.version)
    }

    /// Changes what is known of what happened on the server.
    pub fn news<T>(self, change: impl FnOnce(&mut News) -> T) -> T {
        change(&mut self.news.write_value())
    }
}
