//! Every medium without a channel of its own: readable, and patchable with generic rules.

use super::spec::{ChannelSpec, ENABLED, NAME, PRIORITY, TestKind, field};
use crate::{
    Field, FieldSpec,
    FormSection::{Account, Credentials, Server},
    FieldKind,
};

pub(super) struct Spec;

impl ChannelSpec for Spec {
    const CODES: Option<(&'static str, &'static str)> = None;
    const SLUG: &'static str = "other";
    const LABEL: &'static str = "Other";
    const PURPOSE: &'static str = "No form for this channel yet";
    const ICON: &'static str = "M2 3h12v8H7l-3 3v-3H2z";
    const TEST: Option<TestKind> = None;
    const FIELDS: &'static [FieldSpec] = &[
        NAME,
        field(Field::UserId, "Account", FieldKind::Text, Account).optional(),
        field(Field::From, "Sender", FieldKind::Text, Account).optional(),
        field(Field::TargetId, "Target id", FieldKind::Text, Account).optional(),
        field(Field::ParentId, "Parent connection", FieldKind::Text, Account)
            .optional()
            .untested(),
        field(Field::Host, "Server", FieldKind::Text, Server).optional(),
        field(Field::Port, "Port", FieldKind::Text, Server).optional(),
        field(Field::Password, "Password", FieldKind::AnySecret, Credentials).optional(),
        field(Field::Token, "Token", FieldKind::AnySecret, Credentials).optional(),
        PRIORITY,
        ENABLED,
    ];
}
