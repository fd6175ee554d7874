//! The least that a channel is. Only tests build it: they prove that nothing else has to know a channel.

use super::spec::{ChannelSpec, ENABLED, NAME, PRIORITY, TestKind, field};
use crate::{
    Field, FieldSpec,
    FormSection::{Account, Credentials},
    FieldKind,
};

pub(super) struct Spec;

impl ChannelSpec for Spec {
    const CODES: Option<(&'static str, &'static str)> = Some(("EXMPL", "PVD99"));
    const SLUG: &'static str = "example";
    const LABEL: &'static str = "Example";
    const PURPOSE: &'static str = "Shows how little a channel is";
    const ICON: &'static str = "M2 8h12";
    const TEST: Option<TestKind> = None;
    const FIELDS: &'static [FieldSpec] = &[
        NAME,
        field(Field::UserId, "Example account", FieldKind::AccountId, Account),
        field(Field::Token, "Example token", FieldKind::AnySecret, Credentials),
        PRIORITY,
        ENABLED,
    ];
}
