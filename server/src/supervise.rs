//! Supervised loops: one that panicked is restarted after an exponential backoff, and `/readyz` reads from [`Loops`]
//! which of them do not turn.

use futures_util::FutureExt;
use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// The wait before the first restart, and the longest; in between each is twice the one before.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_mins(1);

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
