//! Whatever is typed, saved, answered, changed by others and tested in whichever order: what is shown is what
//! the server has plus what was typed.
//! The model, its steps and its cases belong together.

use super::{super::news::News, *};
use proptest::{prelude::*, sample::select};
use shared::{Channel, ConnectionId, Version, view::SecretView};
use std::collections::VecDeque;

/// What happens next, to the form or on the way between it and the server.
#[derive(Clone, Copy, Debug)]
enum Step {
    Type(Field),
    TypeBack(Field),
    Discard,
    Save,
    Switch,
    OthersChange(Field),
    Test,
    HearEvent,
    /// The server does what was asked, and its answer is on the way.
    ServeSave,
    AnswerSave,
    ServeRead,
    AnswerRead,
}

#[derive(Clone, Debug)]
struct Server {
    view: ConnectionView,
    health: u32,
    events: VecDeque<Option<Version>>,
}

impl Server {
    fn new() -> Self {
        let mut view = ConnectionView::blank(Channel::EmailInbound, vec![]);
        (view.id, view.version) = (Some(ConnectionId(612)), Version(1));
        view.values.insert(Field::Name, "stored".to_owned());
        let mut server = Self { view, health: 0, events: VecDeque::new() };
        server.set(Field::Password, String::new());
        server
    }

    fn set(&mut self, field: Field, value: String) {
        if field.is_secret() {
            let version = self.view.version;
            self.view.secrets.insert(field, SecretView { tail: None, changed: None, version });
        } else {
            self.view.values.insert(field, value);
        }
    }

    fn patch(&mut self, patch: &ConnectionPatch) {
        self.view.version = Version(self.view.version.0 + 1);
        for (field, value) in patch.iter() {
            self.set(field, value.unwrap_or_default().to_owned());
        }
        self.health += 1;
        self.events.push_back(Some(self.view.version));
    }
}

/// A view, the health beside it, and whether a save of it was refused.
type Answer = (ConnectionView, u32, bool);

struct Saving {
    patch: ConnectionPatch,
    version: Version,
    sent: Option<Inputs>,
    answer: Option<Answer>,
}

/// A read that is under way.
#[derive(Default)]
struct Reading {
    answer: Option<Answer>,
}

/// A form in a browser, and a witness of what its user typed and was not saved.
struct Browser {
    draft: Draft,
    news: News,
    health: u32,
    saving: Option<Saving>,
    reading: Option<Reading>,
    typed: FieldMap<String>,
}

impl Browser {
    fn new(server: &Server) -> Self {
        Self {
            draft: Draft::new(server.view.clone(), FormState::default()),
            news: News::default(),
            health: server.health,
            saving: None,
            reading: None,
            typed: FieldMap::default(),
        }
    }

    fn put(&mut self, field: Field, text: String) {
        let open = field.is_secret();
        self.draft.inputs.insert(field, Input { text, open, clear: false });
    }

    fn send(&mut self, patch: ConnectionPatch, sent: Option<Inputs>) {
        let version = self.draft.view.version;
        self.saving = Some(Saving { patch, version, sent, answer: None });
    }

    fn look(&mut self) {
        if self.news.begin(self.draft.view.version, self.saving.is_some()) {
            self.reading = Some(Reading::default());
        }
    }

    fn step(&mut self, step: Step, server: &mut Server, unique: usize) {
        match step {
            Step::Type(field) => {
                let text = format!("typed-{unique}");
                self.put(field, text.clone());
                self.typed.insert(field, text);
            }
            Step::TypeBack(field) => {
                let text = self.draft.view.value(field).to_owned();
                self.put(field, text.clone());
                let sent = self.saving.as_ref().and_then(|saving| saving.sent.as_ref()?.get(field));
                // Back from what is being saved is a change of that.
                match sent.filter(|sent| sent.text != text) {
                    Some(_) if !field.is_secret() => self.typed.insert(field, text),
                    _ => self.typed.remove(field),
                }
            }
            Step::Discard => {
                self.draft.discard();
                self.typed = FieldMap::default();
                // What is being saved is still typed over what is stored.
                let sent = self.saving.as_ref().and_then(|saving| saving.sent.clone());
                for (field, input) in sent.unwrap_or_default().iter() {
                    let text = self.draft.view.value(field);
                    if input.text != text && !field.is_secret() {
                        self.typed.insert(field, text.to_owned());
                    }
                }
            }
            Step::Save if self.saving.is_none() && !self.draft.patch().is_empty() => {
                if self.draft.is_overlapped() {
                    self.draft.show_unseen();
                } else {
                    self.send(self.draft.patch(), Some(self.draft.inputs.clone()));
                }
            }
            Step::Switch if self.saving.is_none() => {
                let value = if self.draft.view.enabled() { "0" } else { "1" };
                self.send(ConnectionPatch::default().with(Field::Enabled, Some(value)), None);
            }
            Step::OthersChange(field) => {
                let value = Some(format!("theirs-{unique}"));
                server.patch(&std::iter::once((field, value)).collect());
            }
            Step::Test => {
                server.health += 1;
                server.events.push_back(None);
            }
            Step::HearEvent => {
                if let Some(version) = server.events.pop_front() {
                    self.news.hear(version);
                    self.look();
                }
            }
            Step::ServeSave => {
                if let Some(saving) = self.saving.as_mut().filter(|saving| saving.answer.is_none())
                {
                    let is_stale = saving.version != server.view.version;
                    if !is_stale {
                        server.patch(&saving.patch);
                    }
                    saving.answer = Some((server.view.clone(), server.health, is_stale));
                }
            }
            Step::AnswerSave => self.answer_save(),
            Step::ServeRead => {
                if let Some(Reading { answer: answer @ None }) = &mut self.reading {
                    *answer = Some((server.view.clone(), server.health, false));
                }
            }
            Step::AnswerRead => self.answer_read(),
            Step::Save | Step::Switch => {}
        }
    }

    fn answer_save(&mut self) {
        let Some(Saving { sent, answer: Some(answer), .. }) =
            self.saving.take_if(|saving: &mut Saving| saving.answer.is_some())
        else {
            return;
        };
        let (view, health, is_stale) = answer;
        self.health = health;
        match sent {
            _ if is_stale => {
                let was = self.draft.view.clone();
                self.retain_typed(|field, text| text != was.value(field));
                self.draft.merge(view);
            }
            Some(sent) => {
                self.retain_typed(|field, text| {
                    sent.get(field).is_none_or(|input| input.text != text)
                });
                self.draft.saved(view, &sent);
            }
            None => drop(self.draft.take(view, None)),
        }
        self.look();
    }

    fn retain_typed(&mut self, stays: impl Fn(Field, &str) -> bool) {
        let typed = self.typed.iter().filter(|(field, text)| stays(*field, text));
        self.typed = typed.map(|(field, text)| (field, text.clone())).collect();
    }

    fn answer_read(&mut self) {
        let Some(Reading { answer: Some((view, health, _)) }) =
            self.reading.take_if(|reading: &mut Reading| reading.answer.is_some())
        else {
            return;
        };
        let (shown, is_saving) = (self.draft.view.version, self.saving.is_some());
        if self.news.end(Some(view.version), shown, is_saving) {
            self.draft.reread(view);
            self.health = health;
        }
        self.look();
    }
}

/// The form's fields: the witness knows of secrets that they are typed.
const FIELDS: [Field; 3] = [Field::Name, Field::From, Field::Password];

fn step() -> impl Strategy<Value = Step> {
    let field = || select(&FIELDS[..]);
    prop_oneof![
        3 => field().prop_map(Step::Type),
        1 => field().prop_map(Step::TypeBack),
        1 => Just(Step::Discard),
        3 => Just(Step::Save),
        1 => Just(Step::Switch),
        2 => field().prop_map(Step::OthersChange),
        1 => Just(Step::Test),
        3 => Just(Step::HearEvent),
        3 => Just(Step::ServeSave),
        3 => Just(Step::AnswerSave),
        2 => Just(Step::ServeRead),
        2 => Just(Step::AnswerRead),
    ]
}

const TO_THE_END: [Step; 5] =
    [Step::HearEvent, Step::ServeSave, Step::AnswerSave, Step::ServeRead, Step::AnswerRead];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_is_shown_is_what_the_server_has_plus_what_was_typed(
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let mut server = Server::new();
        let mut browser = Browser::new(&server);
        for (unique, step) in steps.into_iter().enumerate() {
            browser.step(step, &mut server, unique);
        }
        while !server.events.is_empty() || browser.saving.is_some() || browser.reading.is_some() {
            for step in TO_THE_END {
                browser.step(step, &mut server, 0);
            }
        }
        prop_assert_eq!(&*browser.draft.view, &server.view);
        prop_assert_eq!(browser.health, server.health);
        for field in FIELDS {
            let typed = browser.typed.get(field).map(String::as_str);
            let input = browser.draft.inputs.get(field).unwrap();
            prop_assert_eq!(&*input.text, typed.unwrap_or(server.view.value(field)), "{:?}", field);
        }
    }
}

fn draft() -> (Draft, Server) {
    let server = Server::new();
    (Draft::new(server.view.clone(), FormState::default()), server)
}

fn text(draft: &Draft, field: Field) -> &str {
    &draft.inputs.get(field).unwrap().text
}

#[test]
fn what_is_typed_during_a_save_stays_and_what_was_sent_is_saved() {
    let (mut draft, mut server) = draft();
    let put = |draft: &mut Draft, field, text: &str| {
        draft.inputs.insert(field, Input { text: text.to_owned(), open: true, clear: false });
    };
    put(&mut draft, Field::Name, " first ");
    put(&mut draft, Field::From, "a@example.com");
    put(&mut draft, Field::Password, "one");
    let (sent, patch) = (draft.inputs.clone(), draft.patch());
    put(&mut draft, Field::Name, " first  and more");
    put(&mut draft, Field::Host, "mail.example.com");
    server.patch(&patch);
    draft.saved(server.view.clone(), &sent);
    let changed: Vec<_> = draft.patch().fields().collect();
    assert_eq!(changed, [Field::Name, Field::Host]);
    assert_eq!(text(&draft, Field::Name), " first  and more");
    assert_eq!(text(&draft, Field::From), "a@example.com");
    let password = draft.inputs.get(Field::Password).unwrap();
    assert_eq!((&*password.text, password.open), ("", false));
}

#[test]
fn an_input_that_was_opened_stays_open_when_others_save() {
    let (mut draft, mut server) = draft();
    draft.inputs.insert(Field::Password, Input { open: true, ..Input::default() });
    server.patch(&ConnectionPatch::default().with(Field::Name, Some("theirs")));
    assert_eq!(draft.reread(server.view.clone()), Some(Notice::Changed));
    assert!(draft.inputs.get(Field::Password).unwrap().open);
    assert_eq!(text(&draft, Field::Name), "theirs");
    // The same again is no change of others.
    assert_eq!(draft.reread(server.view.clone()), None);
}

#[test]
fn what_others_changed_of_a_typed_field_waits_until_it_is_looked_at() {
    let (mut draft, mut server) = draft();
    draft.inputs.insert(Field::Name, Input { text: "mine".to_owned(), ..Input::default() });
    for name in ["theirs", "theirs again"] {
        let patch = ConnectionPatch::default().with(Field::Name, Some(name));
        server.patch(&patch.with(Field::Port, Some("143")));
        assert_eq!(draft.reread(server.view.clone()), Some(Notice::ChangedToo));
    }
    assert!(draft.is_overlapped());
    assert_eq!(draft.conflicts.iter().map(|row| row.field).collect::<Vec<_>>(), [Field::Port]);
    draft.show_unseen();
    assert!(!draft.is_overlapped(), "it was looked at");
    let row = draft.conflicts.iter().find(|row| row.field == Field::Name).unwrap();
    assert_eq!((row.before.as_deref(), row.now.as_deref()), (Some("stored"), Some("theirs again")));
    draft.restore(Field::Name);
    assert!(draft.patch().is_empty());
    assert_eq!(text(&draft, Field::Name), "theirs again");
}
