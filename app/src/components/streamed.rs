//! Parts of a page that come after its beginning, each when it is ready. The page's render mode must be in
//! order, and nothing around them may be a `Suspense`, which would wait for all.

use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use leptos::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// What is to come; the first page that shows it takes it. Dropping the answer ends the stream.
pub struct Streamed<T>(Arc<Mutex<BoxStream<'static, T>>>);

impl<T: Send + 'static> Streamed<T> {
    /// A page's part of this stream.
    #[must_use]
    pub fn new(items: impl Stream<Item = T> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(items.boxed())))
    }

    /// Each item as it comes, and what follows the last.
    pub fn show<S: Send + 'static>(
        self,
        state: S,
        item: fn(T, &mut S) -> AnyView,
        end: fn(S) -> AnyView,
    ) -> AnyView {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rest(std::mem::replace(&mut *items, stream::empty().boxed()), state, item, end)
    }
}

impl<T> Clone for Streamed<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

fn rest<T: Send + 'static, S: Send + 'static>(
    mut items: BoxStream<'static, T>,
    mut state: S,
    item: fn(T, &mut S) -> AnyView,
    end: fn(S) -> AnyView,
) -> AnyView {
    let next = async move {
        match items.next().await {
            Some(found) => {
                let shown = item(found, &mut state);
                (shown, rest(items, state, item, end)).into_any()
            }
            None => end(state),
        }
    };
    Suspend::new(next).into_any()
}
