//! Requests that wait for the same thing and are served together: whoever comes while a group is being served is in
//! the next one. Nobody is waited for.

use shared::SiteId;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

/// Requests of one group at most, so that the first of them does not wait long for its answer.
const MOST: usize = 128;

/// Those that wait, by what they wait for. There is an entry while a group of it is being served.
pub(super) struct Queues<T>(Mutex<HashMap<SiteId, Vec<T>>>);

impl<T> Default for Queues<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Queues<T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<SiteId, Vec<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one that waits. If nobody serves them, the caller is to begin with it.
    pub(super) fn push(&self, key: SiteId, waiting: T) -> bool {
        match self.lock().entry(key) {
            Entry::Occupied(mut queue) => {
                queue.get_mut().push(waiting);
                false
            }
            Entry::Vacant(queue) => {
                queue.insert(vec![waiting]);
                true
            }
        }
    }

    /// The next group; `None` if nobody waits: the next to come serves again.
    pub(super) fn next(&self, key: SiteId) -> Option<Vec<T>> {
        let mut queues = self.lock();
        let queue = queues.get_mut(&key)?;
        let group: Vec<_> = queue.drain(..queue.len().min(MOST)).collect();
        if group.is_empty() {
            queues.remove(&key);
            return None;
        }
        Some(group)
    }

    /// The caller must hold it while it serves: if the caller panics, all that wait are answered, and the next to come
    /// serves again.
    pub(super) fn serving(&self, key: SiteId) -> Serving<'_, T> {
        Serving { queues: self, key }
    }
}

/// A group is being served.
pub(super) struct Serving<'a, T> {
    queues: &'a Queues<T>,
    key: SiteId,
}

impl<T> Drop for Serving<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.queues.lock().remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: SiteId = SiteId(169);

    #[test]
    fn who_comes_while_others_are_served_is_in_the_next_group() {
        let queues = Queues::default();
        assert!(queues.push(KEY, 1));
        assert_eq!(queues.next(KEY), Some(vec![1]));
        assert!(!queues.push(KEY, 2) && !queues.push(KEY, 3));
        assert!(queues.push(SiteId(170), 9), "others are not waited for");
        assert_eq!(queues.next(KEY), Some(vec![2, 3]));
        assert_eq!(queues.next(KEY), None);
        assert!(queues.push(KEY, 4), "nobody serves any more");
    }

    #[test]
    fn a_group_has_an_end() {
        let queues = Queues::default();
        for n in 0..=MOST {
            queues.push(KEY, n);
        }
        assert_eq!(queues.next(KEY).map(|group| group.len()), Some(MOST));
        assert_eq!(queues.next(KEY), Some(vec![MOST]));
    }

    #[test]
    fn who_panics_while_serving_keeps_nobody_waiting() {
        let queues = Queues::default();
        queues.push(KEY, 1);
        let served = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _serving = queues.serving(KEY);
            queues.push(KEY, 2);
            panic!("as a decision might");
        }));
        assert!(served.is_err());
        assert!(queues.push(KEY, 3), "the next serves again");
        assert_eq!(queues.next(KEY), Some(vec![3]));
    }
}
