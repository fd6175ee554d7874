//! The schemas of the API document, made from the channels' fields.

use shared::{Channel, Field, Key, channel::media};
use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{
        self, ArrayBuilder, ContentBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
        Schema,
        schema::{SchemaType, Type},
    },
};

/// The record: 32 keys, all there, all strings or null.
pub struct Connection;

/// The keys that clients may write, any subset of them.
pub struct ConnectionPatch;

/// The keys that clients may write, and the codes of the channel.
pub struct ConnectionCreate;

/// A page of records, or with `paging=0` its data alone.
pub struct FindAnswer;

/// The envelope of every error.
pub struct Error;

/// The answers to a caller without a good token or without calls left.
pub struct Unauthorized;

/// The answers to a body that cannot be read.
pub struct BadBody;

/// What each channel calls a field and where its value comes from: one line a channel.
fn description(field: Field) -> String {
    let line = |channel: Channel| {
        let spec = channel.spec(field)?;
        let required = if spec.required { "required on the record" } else { "optional" };
        let source = channel.source(field);
        let source =
            source.map_or_else(String::new, |from| format!(", from the sign-in result’s {from}"));
        let (channel, label) = (channel.label(), spec.label);
        Some(format!("- {channel}: {label}, {required}{source}. {}", spec.kind.expected()))
    };
    Channel::ALL.into_iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]))
}

fn text_or_integer() -> ObjectBuilder {
    let types = [Type::String, Type::Integer, Type::Null];
    ObjectBuilder::new().schema_type(SchemaType::from_iter(types))
}

fn writable() -> ObjectBuilder {
    Field::ALL.into_iter().fold(ObjectBuilder::new(), |object, field| {
        let schema = if field.takes_integer() { text_or_integer() } else { text() };
        object.property(field.name(), schema.description(Some(description(field))))
    })
}

/// The keys that clients may write, the others with what may be said of them, and no more.
fn with_read_only(allowed: &str) -> ObjectBuilder {
    let read_only = Key::ALL.into_iter().filter(|key| key.field().is_none());
    read_only
        .fold(writable(), |object, key| {
            object.property(key.name(), text().description(Some(allowed)))
        })
        .additional_properties(Some(openapi::schema::AdditionalProperties::FreeForm(false)))
}

impl PartialSchema for Connection {
    fn schema() -> RefOr<Schema> {
        let object = Key::ALL.into_iter().fold(ObjectBuilder::new(), |object, key| {
            let schema = match key.field() {
                Some(field) => text().description(Some(description(field))),
                None => text().read_only(true),
            };
            object.property(key.name(), schema).required(key.name())
        });
        object.into()
    }
}

impl PartialSchema for ConnectionPatch {
    fn schema() -> RefOr<Schema> {
        with_read_only("Only its current value").into()
    }
}

impl PartialSchema for ConnectionCreate {
    fn schema() -> RefOr<Schema> {
        let media = media().map(|(code, _)| code);
        let providers: Vec<_> = Channel::WITH_FORM
            .into_iter()
            .filter_map(|channel| Some(format!("{} for {}", channel.codes()?.1, channel.label())))
            .collect();
        let media = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(media));
        with_read_only("Null or its default")
            .property("MediaId", media)
            .property("ProviderId", text().description(Some(providers.join(", "))))
            .property("SiteId", text().description(Some("The token’s site, if given")))
            .required("MediaId")
            .required("Name")
            .into()
    }
}

impl PartialSchema for FindAnswer {
    fn schema() -> RefOr<Schema> {
        let data = || ArrayBuilder::new().items(Ref::from_schema_name("Connection"));
        let number = || ObjectBuilder::new().schema_type(Type::Integer);
        let page = ["limit", "offset", "count", "total"]
            .into_iter()
            .fold(ObjectBuilder::new(), |page, key| page.property(key, number()).required(key));
        let page = page.property("data", data()).required("data");
        openapi::OneOfBuilder::new().item(page).item(data()).into()
    }
}

impl PartialSchema for Error {
    fn schema() -> RefOr<Schema> {
        let plain = |kind| ObjectBuilder::new().schema_type(kind);
        let meta = ObjectBuilder::new()
            .property("status", plain(Type::String))
            .property("count", plain(Type::Integer));
        let rule =
            ["field", "code", "message"].into_iter().fold(ObjectBuilder::new(), |rule, key| {
                rule.property(key, plain(Type::String)).required(key)
            });
        let code = SchemaType::from_iter([Type::Integer, Type::String]);
        let more = openapi::OneOfBuilder::new().item(ArrayBuilder::new().items(rule)).item(text());
        let records = ObjectBuilder::new()
            .property("errorCode", ObjectBuilder::new().schema_type(code))
            .property("userMessage", plain(Type::String))
            .property("devMessage", text())
            .property("more", more)
            .property("applicationCode", text())
            .required("errorCode")
            .required("userMessage");
        ObjectBuilder::new()
            .property("_meta", meta)
            .property("records", records)
            .required("_meta")
            .required("records")
            .into()
    }
}

macro_rules! named {
    ($($schema:ident),*) => {$(
        impl ToSchema for $schema {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($schema).into()
            }
        }
    )*};
}
named!(Connection, ConnectionPatch, ConnectionCreate, FindAnswer, Error);

fn error(description: &str) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
    ResponseBuilder::new().description(description).content("application/json", content)
}

fn responses<const N: usize>(
    list: [(&str, &str); N],
) -> std::collections::BTreeMap<String, RefOr<Response>> {
    list.into_iter().map(|(status, text)| (status.to_owned(), error(text).into())).collect()
}

impl IntoResponses for Unauthorized {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
        responses([(
            "401",
            "The token is missing, expired or invalid, or the site’s quota is used up",
        )])
    }
}

impl IntoResponses for BadBody {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
        responses([
            ("400", "No JSON, an unknown or read-only key, or a value of the wrong type"),
            ("413", "The body is larger than 64 KiB"),
            ("415", "The body is of another type than application/json"),
        ])
    }
}
