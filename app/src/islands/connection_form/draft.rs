//! The form as plain data: what the server has, and what was typed on top. The rules for what an answer of
//! the server does to what was typed are here, without signals, so that they are tested without a browser.

use crate::form::{Conflict, FormState, Notice, conflicts, fields};
use shared::{ConnectionPatch, ConnectionView, Field, FieldMap};
use std::sync::Arc;

/// What is in the input of a field. A typed secret is in it, so it has no `Debug` outside of tests.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct Input {
    /// Its text; of a secret, only what was typed here.
    pub text: String,
    /// Whether a secret's input is open.
    pub open: bool,
    /// Whether a secret that may be missing is to be cleared.
    pub clear: bool,
}

/// The form's inputs.
pub type Inputs = FieldMap<Input>;

/// The whole form.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Draft {
    /// The connection as the server had it last.
    pub view: Arc<ConnectionView>,
    /// What is in the inputs.
    pub inputs: Inputs,
    /// What somebody else changed, as it is shown above the fields.
    pub conflicts: Vec<Conflict>,
    /// What somebody else changed of fields that were edited here: it is shown instead of the next save.
    unseen: Vec<Conflict>,
}

impl Input {
    /// An input into which nothing was typed.
    fn untouched(field: Field, view: &ConnectionView) -> Self {
        let open = field.is_secret() && view.secrets.get(field).is_none();
        Self { text: view.value(field).to_owned(), open, clear: false }
    }

    /// Adds what it does to the connection: sets a field, clears it, or nothing.
    fn add_to(&self, patch: &mut ConnectionPatch, field: Field) {
        if field.is_secret() && self.clear {
            patch.set(field, None);
        } else if !field.is_secret() || (self.open && !self.text.is_empty()) {
            patch.set(field, Some(self.text.clone()));
        }
    }
}

impl Draft {
    pub fn new(view: ConnectionView, state: FormState) -> Self {
        let input = |field| {
            let mut input = Input::untouched(field, &view);
            input.open |= state.replacing.contains(&field);
            if let Some(typed) = state.typed.get(field) {
                input.text.clone_from(typed);
            }
            (field, input)
        };
        let inputs = fields(&view).map(|spec| input(spec.field)).collect();
        Self { view: Arc::new(view), inputs, conflicts: state.conflicts, unseen: vec![] }
    }

    /// The fields that differ from what the server has, in their normal form.
    pub fn patch(&self) -> ConnectionPatch {
        let view = &*self.view;
        let mut patch = ConnectionPatch::default();
        for (field, input) in self.inputs.iter() {
            input.add_to(&mut patch, field);
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

    /// Takes an answer of the server, whichever request it is to. `sent` is what was in the inputs when the
    /// request left, if it was a save of the form: what differs from it was typed since, and stays. After any
    /// other request, what differs from the view before stays. Returns what is another value than before.
    pub fn take(&mut self, now: ConnectionView, sent: Option<&Inputs>) -> Vec<Conflict> {
        let typed = self.patch();
        let after = |(field, input): (Field, &Input)| {
            let is_typed = match sent.and_then(|sent| sent.get(field)) {
                Some(sent) => sent != input,
                None => typed.get(field).is_some(),
            };
            let mut after = Input::untouched(field, &now);
            if is_typed {
                after = input.clone();
            } else if sent.is_none() {
                // Somebody may be about to type into it.
                after.open |= input.open;
            }
            (field, after)
        };
        self.inputs = self.inputs.iter().map(after).collect();
        let changed = conflicts(&self.view, &now);
        self.view = Arc::new(now);
        changed
    }

    /// The form was saved.
    pub fn saved(&mut self, now: ConnectionView, sent: &Inputs) {
        self.take(now, Some(sent));
        self.forget_conflicts();
    }

    /// The connection was read again: somebody else changed it, or it was tested.
    pub fn reread(&mut self, now: ConnectionView) -> Option<Notice> {
        if now.version > self.view.version {
            return Some(self.follow(now));
        }
        self.take(now, None);
        None
    }

    /// Somebody else has saved. What they changed of fields that are edited here waits until it is looked at:
    /// a save that is about to be clicked must not overwrite what nobody has seen.
    fn follow(&mut self, now: ConnectionView) -> Notice {
        let changed = self.take(now, None);
        let mine = self.patch();
        for conflict in changed {
            let is_mine = mine.get(conflict.field).is_some();
            add(if is_mine { &mut self.unseen } else { &mut self.conflicts }, conflict);
        }
        if self.is_overlapped() { Notice::ChangedToo } else { Notice::Changed }
    }

    /// Somebody else saved before this form could.
    pub fn merge(&mut self, now: ConnectionView) {
        for conflict in self.take(now, None) {
            add(&mut self.conflicts, conflict);
        }
        self.show_unseen();
    }

    /// Whether a save would overwrite what nobody has seen.
    pub fn is_overlapped(&self) -> bool {
        let mine = self.patch();
        self.unseen.iter().any(|conflict| mine.get(conflict.field).is_some())
    }

    /// Shows what others changed of the fields that are edited here.
    pub fn show_unseen(&mut self) {
        for conflict in std::mem::take(&mut self.unseen) {
            add(&mut self.conflicts, conflict);
        }
    }

    /// One field is what the server has.
    pub fn restore(&mut self, field: Field) {
        self.inputs.insert(field, Input::untouched(field, &self.view));
    }

    /// All of the form is what the server has.
    pub fn discard(&mut self) {
        let view = self.view.clone();
        self.inputs =
            self.inputs.iter().map(|(field, _)| (field, Input::untouched(field, &view))).collect();
        self.forget_conflicts();
    }

    fn forget_conflicts(&mut self) {
        self.conflicts.clear();
        self.unseen.clear();
    }
}

/// Adds a conflict to a list; of a field that changed before, the first value is what was there before.
fn add(list: &mut Vec<Conflict>, conflict: Conflict) {
    match list.iter_mut().find(|earlier| earlier.field == conflict.field) {
        Some(earlier) => earlier.now = conflict.now,
        None => list.push(conflict),
    }
}

#[cfg(test)]
mod tests;
