//! Background loops: what the server does unasked for as long as it runs. A supervisor restarts one that
//! panicked, after an exponential backoff, and `/readyz` reads from [`Loops`] which of them do not turn.

use crate::service::Services;
use futures_util::FutureExt;
use std::{
    collections::BTreeMap,
    error::Error,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

/// The wait before the first restart, and the longest; in between each is twice the one before.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_mins(1);

const MAINTENANCE_INTERVAL: Duration = Duration::from_hours(1);

/// How often the server reports its keys to the database, and the longest that this takes.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
const REPORT_PATIENCE: Duration = Duration::from_mins(2);

/// How often the database is asked for connections whose test is due.
const TEST_POLL: Duration = Duration::from_secs(5);

/// A batch of tests waits for slow servers one after the other.
const TEST_PATIENCE: Duration = Duration::from_mins(90);

/// The loops that run, each with its heartbeat. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Loops(Arc<Mutex<Registry>>);

#[derive(Debug, Default)]
struct Registry {
    last_id: u64,
    loops: BTreeMap<u64, LoopState>,
}

#[derive(Debug)]
struct LoopState {
    name: &'static str,
    patience: Duration,
    last_beat: Instant,
    /// Panics since the last heartbeat.
    panics: u32,
}

/// A loop's way to say that it turns. It is registered until this is dropped.
#[derive(Debug)]
pub struct Heartbeat {
    loops: Loops,
    id: u64,
}

impl Loops {
    /// Runs `body` until it returns, and again whenever it panics. The body calls [`Heartbeat::beat`] once
    /// a turn; `patience` is how long a turn may last before the loop counts as stuck. Dropping the
    /// future ends the loop.
    pub async fn supervise<F: Future<Output = ()> + Send>(
        self,
        name: &'static str,
        patience: Duration,
        body: impl Fn(Arc<Heartbeat>) -> F + Send,
    ) {
        let heart = Arc::new(self.register(name, patience));
        let turn = || AssertUnwindSafe(async { body(heart.clone()).await }).catch_unwind();
        while turn().await.is_err() {
            let backoff = heart.note_panic();
            tracing::error!(
                name,
                seconds = backoff.as_secs(),
                "a background loop panicked, restarting"
            );
            sleep(backoff).await;
        }
    }

    /// What is wrong with the loops, a sentence each, for the operator; nothing if all of them turn.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.registry().loops.values().filter_map(LoopState::problem).collect()
    }

    fn register(&self, name: &'static str, patience: Duration) -> Heartbeat {
        let mut registry = self.registry();
        registry.last_id += 1;
        let id = registry.last_id;
        let state = LoopState { name, patience, last_beat: Instant::now(), panics: 0 };
        registry.loops.insert(id, state);
        Heartbeat { loops: self.clone(), id }
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoopState {
    fn problem(&self) -> Option<String> {
        let Self { name, panics, .. } = self;
        let silence = self.last_beat.elapsed();
        if *panics > 0 {
            return Some(format!("{name}: panicked {panics} times and has not recovered"));
        }
        (silence > self.patience).then(|| format!("{name}: stuck for {} s", silence.as_secs()))
    }
}

impl Heartbeat {
    /// The loop finished a turn.
    pub fn beat(&self) {
        if let Some(state) = self.loops.registry().loops.get_mut(&self.id) {
            state.last_beat = Instant::now();
            state.panics = 0;
        }
    }

    /// Counts a panic; returns the wait before the restart.
    fn note_panic(&self) -> Duration {
        let mut registry = self.loops.registry();
        let Some(state) = registry.loops.get_mut(&self.id) else { return MAX_BACKOFF };
        let backoff = FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(state.panics));
        state.panics = state.panics.saturating_add(1);
        backoff.min(MAX_BACKOFF)
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.loops.registry().loops.remove(&self.id);
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Notify;

    const PATIENCE: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_loop_that_panicked_turns_again() {
        let loops = Loops::default();
        let (runs, turned) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let body = {
            let (runs, turned) = (runs.clone(), turned.clone());
            move |heart: Arc<Heartbeat>| {
                let (runs, turned) = (runs.clone(), turned.clone());
                async move {
                    assert!(runs.fetch_add(1, Ordering::Relaxed) > 0, "the first run panics");
                    heart.beat();
                    turned.notify_one();
                    std::future::pending::<()>().await;
                }
            }
        };
        let task = tokio::spawn(loops.clone().supervise("a loop", PATIENCE, body));
        while loops.problems().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(loops.problems(), ["a loop: panicked 1 times and has not recovered"]);
        turned.notified().await;
        assert_eq!(loops.problems(), [""; 0]);
        task.abort();
        task.await.unwrap_err();
        assert!(loops.registry().loops.is_empty(), "an ended loop is no problem");
    }

    #[tokio::test]
    async fn a_loop_that_returns_is_over() {
        let loops = Loops::default();
        loops.clone().supervise("a loop", PATIENCE, async |_| {}).await;
        assert!(loops.registry().loops.is_empty());
    }

    #[test]
    fn a_loop_without_a_heartbeat_is_stuck() {
        let loops = Loops::default();
        let stuck = loops.register("a loop", Duration::ZERO);
        assert_eq!(loops.problems(), ["a loop: stuck for 0 s"]);
        drop(stuck);
        assert_eq!(loops.problems(), [""; 0]);
    }

    #[test]
    fn the_backoff_grows_to_its_limit() {
        let heart = Loops::default().register("a loop", PATIENCE);
        let seconds: Vec<_> = (0..8).map(|_| heart.note_panic().as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
        heart.beat();
        assert_eq!(heart.note_panic(), FIRST_BACKOFF);
    }
}
