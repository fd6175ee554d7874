//! The SQL statements that something makes a database run, as the driver itself tells of them.

use std::{
    collections::HashMap,
    fmt,
    sync::{LazyLock, Mutex, Once},
};
use tracing::{
    Event, Instrument, Span, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer, filter::Targets, layer::Context, layer::SubscriberExt, registry::LookupSpan,
};

/// Begins, ends and parts of transactions, and settings of new connections: they ask for no data.
const ASIDE: [&str; 8] = [
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "PRAGMA",
    "SET",
    "SELECT (current_setting('patchbay.site'",
];

/// The name of the span within which statements are seen.
const SEEN: &str = "seen";

static ALL: LazyLock<Mutex<HashMap<u64, Vec<String>>>> = LazyLock::new(Mutex::default);

/// Sees the statements of one piece of work.
pub struct Seen(Span);

impl Seen {
    pub fn new() -> Self {
        static INSTALL: Once = Once::new();
        INSTALL.call_once(|| {
            let seen = Targets::new().with_target("sqlx::query", tracing::Level::TRACE);
            let seen = seen.with_target(module_path!(), tracing::Level::TRACE);
            let registry = tracing_subscriber::registry().with(Statements.with_filter(seen));
            tracing::subscriber::set_global_default(registry).unwrap();
        });
        Self(tracing::info_span!(SEEN))
    }

    pub async fn within<T>(&self, work: impl Future<Output = T>) -> T {
        work.instrument(self.0.clone()).await
    }

    /// The statements, in their order. The database must have been closed: only then has the driver
    /// reported all of them.
    pub fn statements(self) -> Vec<String> {
        let id = self.0.id().expect("the span is seen").into_u64();
        ALL.lock().unwrap().remove(&id).unwrap_or_default()
    }
}

struct Statements;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut spans = context.event_scope(event).into_iter().flatten();
        let Some(span) = spans.find(|span| span.name() == SEEN) else { return };
        let mut statement = Statement::default();
        event.record(&mut statement);
        let sql = statement.whole.or(statement.short).unwrap_or_default();
        // What loads a group begins its transaction as well.
        let is_aside = ASIDE.iter().any(|aside| sql.starts_with(aside));
        if !is_aside || sql.contains("WITH wanted") {
            ALL.lock().unwrap().entry(span.id().into_u64()).or_default().push(sql);
        }
    }
}

/// The driver puts a short statement in one field, and a long one in another.
#[derive(Default)]
struct Statement {
    short: Option<String>,
    whole: Option<String>,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.short = Some(value.trim().to_owned()),
            "db.statement" if !value.is_empty() => self.whole = Some(value.trim().to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
