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

    pub async fn create(&self) -> Place {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("patchbay_test_{}_{number}", std::process::id());
        let mut connection = PgConnection::connect(&self.0).await.unwrap();
        // Another test may make the role at the same moment.
        let role = format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'");
        sqlx::raw_sql(AssertSqlSafe(role)).execute(&mut connection).await.ok();
        let create = format!("CREATE DATABASE {name} OWNER {ROLE}");
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
        // A test's own runtime cannot be waited for from within it.
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut connection = PgConnection::connect(&url).await?;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await
            })
        };
        std::thread::spawn(drop).join().ok();
    }
}
