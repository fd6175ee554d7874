//! Background loops: what the server does unasked for as long as it runs.

use crate::{service::Services, supervise::Heartbeat};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

const MAINTENANCE_INTERVAL: Duration = Duration::from_hours(1);

/// How often the server reports its keys to the database, and the longest that this takes.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
const REPORT_PATIENCE: Duration = Duration::from_mins(2);

/// How often the database is asked for connections whose test is due.
const TEST_POLL: Duration = Duration::from_secs(5);

/// A batch of tests waits for slow servers one after the other.
const TEST_PATIENCE: Duration = Duration::from_mins(90);

/// Starts the server's loops: maintenance, reports of its keys, and the tests of connections if `with_tests`. Dropping the
/// result ends them.
#[must_use]
pub fn start(services: &Services, with_tests: bool) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let run = services.clone();
    let maintenance =
        services.loops().clone().supervise("maintenance", 2 * MAINTENANCE_INTERVAL, move |heart| {
            maintain(run.clone(), heart)
        });
    tasks.spawn(maintenance);
    let run = services.clone();
    let reports =
        services.loops().clone().supervise("reports of keys", REPORT_PATIENCE, move |heart| {
            report_keys(run.clone(), heart)
        });
    tasks.spawn(reports);
    if with_tests {
        let run = services.clone();
        let tests = services.loops().clone().supervise(
            "tests of connections",
            TEST_PATIENCE,
            move |heart| test(run.clone(), heart),
        );
        tasks.spawn(tests);
    }
    tasks
}

async fn maintain(services: Services, heart: Arc<Heartbeat>) {
    let mut interval = interval(MAINTENANCE_INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        if let Err(error) = services.maintain().await {
            tracing::error!(error = &error as &dyn Error, "maintenance failed");
        }
        heart.beat();
    }
}

/// Reports its keys, and logs that this fails, or works again, once.
async fn report_keys(services: Services, heart: Arc<Heartbeat>) {
    let mut failed = false;
    loop {
        sleep(REPORT_INTERVAL).await;
        let reported = services.report_keys().await;
        match &reported {
            Ok(()) if failed => tracing::info!("the keys of the ring are reported again"),
            Err(error) if !failed => tracing::error!(
                error = error as &dyn Error,
                "the keys of the ring were not reported, or lack the active one"
            ),
            _ => {}
        }
        failed = reported.is_err();
        heart.beat();
    }
}

async fn test(services: Services, heart: Arc<Heartbeat>) {
    loop {
        let has_more = match services.test_due().await {
            Ok((_, has_more)) => has_more,
            Err(error) => {
                tracing::error!(error = &error as &dyn Error, "due connections were not tested");
                false
            }
        };
        heart.beat();
        if !has_more {
            sleep(TEST_POLL).await;
        }
    }
}
