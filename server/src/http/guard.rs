//! How many requests are handled at a time, and how long each may take.

use super::{Limits, Refusal};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

/// The places that requests take while they are handled.
#[derive(Clone)]
pub(super) struct Guard {
    places: Arc<Semaphore>,
    request_time: Duration,
}

impl Guard {
    pub(super) fn new(limits: Limits) -> Self {
        let places = Arc::new(Semaphore::new(limits.max_in_flight));
        Self { places, request_time: limits.request_time }
    }
}

/// Refuses at once what finds no place, and ends what takes too long.
pub(super) async fn places_and_time(
    State(guard): State<Guard>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(_place) = guard.places.try_acquire() else {
        return Refusal::Busy.into_response();
    };
    match timeout(guard.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::TimedOut.into_response(),
    }
}
