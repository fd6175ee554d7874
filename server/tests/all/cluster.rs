//! Databases on a PostgreSQL cluster, one for each test, whose owner is no superuser.

use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use std::{
    env,
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
};

/// The owner of all test databases: a superuser would bypass row-level security.
const ROLE: &str = "patchbay_test";

/// Where a test's database is.
pub enum Place {
    File,
    Cluster(Created),
}

/// The cluster that `TEST_DATABASE_URL` names, as a role that may create databases and roles.
pub struct Cluster(String);

/// A database that is dropped at the end.
pub struct Created {
    pub url: String,
    name: String,
}

impl Cluster {
    pub fn of_the_tests() -> Option<Self> {
        env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty()).map(Self)
    }

    /// An empty database.
    pub async fn create(&self) -> Place {
        self.create_like("template1").await
    }

    /// A copy of a database that nobody is connected to.
    pub async fn copy(&self, database: &Created) -> Place {
        self.create_like(&database.name).await
    }

    /// The address of a database, for the cluster's superuser.
    pub fn url_of(&self, database: &str) -> String {
        let (server, _) = self.0.rsplit_once('/').expect("an address of a database");
        format!("{server}/{database}")
    }

    async fn create_like(&self, template: &str) -> Place {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("patchbay_test_{}_{number}", std::process::id());
        let mut connection = PgConnection::connect(&self.0).await.unwrap();
        // Another test may make the role at the same moment.
        let role = format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'");
        sqlx::raw_sql(AssertSqlSafe(role)).execute(&mut connection).await.ok();
        let create = format!("CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let options = PgConnectOptions::from_str(&self.0).unwrap();
        let (host, port) = (options.get_host(), options.get_port());
        Place::Cluster(Created {
            url: format!("postgres://{ROLE}:{ROLE}@{host}:{port}/{name}"),
            name,
        })
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        let Some(Cluster(url)) = Cluster::of_the_tests() else { return };
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let dropped = wait(async move {
            let mut connection = PgConnection::connect(&url).await?;
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await
        });
        dropped.ok();
    }
}

/// Waits for work of its own; also from within a test's runtime, which cannot be waited in.
pub fn wait<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(work)
    })
    .join()
    .unwrap()
}
