//! How many requests are handled at a time, and how long each may take.

use super::{ClientAddr, Limits, Refusal};
use crate::shares::{Holder, Over, Share, ShareLimits, Shares};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

/// Seconds after which a request that found no place may come again: one takes milliseconds.
const RETRY_AFTER: u16 = 1;

/// The places that requests take while they are handled.
#[derive(Clone)]
pub(super) struct Guard {
    places: Arc<Shares>,
    request_time: Duration,
}

impl Guard {
    pub(super) fn new(limits: Limits) -> Self {
        let places = Shares::new(ShareLimits {
            all: limits.max_in_flight,
            per_site: limits.max_in_flight_per_site,
            per_user: limits.max_in_flight_per_user,
        });
        Self { places, request_time: limits.request_time }
    }

    fn place(&self, request: &Request) -> Result<Place, Refusal> {
        let client = request.extensions().get().copied().unwrap_or(ClientAddr::UNKNOWN);
        let share = self.places.take(Holder::Address(client.subject())).map_err(refusal)?;
        Ok(Place(Arc::new(Mutex::new(Some(share)))))
    }
}

fn refusal(over: Over) -> Refusal {
    match over {
        Over::All => Refusal::Busy,
        Over::Site | Over::User => Refusal::TooMany(RETRY_AFTER),
    }
}

/// The place of a request. Until its caller is known it is one of its address: a token or cookie that
/// nobody has checked yet says nothing.
#[derive(Clone, Default)]
pub struct Place(Arc<Mutex<Option<Share>>>);

impl Place {
    /// Counts it among the caller's from now on.
    ///
    /// # Errors
    /// If the caller or the site has as many as it may: the seconds until it may come again.
    pub fn pass_to(&self, caller: impl Into<Holder>) -> Result<(), u16> {
        let mut share = self.share();
        share.as_mut().map_or(Ok(()), |share| share.pass_to(caller)).map_err(|_| RETRY_AFTER)
    }

    /// Gives it up: the request is about to wait for something that has limits of its own.
    pub fn leave(&self) {
        *self.share() = None;
    }

    fn share(&self) -> MutexGuard<'_, Option<Share>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sync> FromRequestParts<S> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// Refuses at once what finds no place, and ends what takes too long.
pub(super) async fn places_and_time(
    State(guard): State<Guard>,
    mut request: Request,
    next: Next,
) -> Response {
    let place = match guard.place(&request) {
        Ok(place) => place,
        Err(refusal) => return refusal.into_response(),
    };
    // What is left of the request may outlive this, and the place must not.
    let _left = Left(place.clone());
    request.extensions_mut().insert(place);
    match timeout(guard.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::TimedOut.into_response(),
    }
}

struct Left(Place);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.leave();
    }
}
