//! Routes that can be listed: a router cannot tell what it holds, and each route is to be tested
//! with another site's numbers and with every role.

use axum::{
    Router,
    handler::Handler,
    http::Method,
    routing::{MethodFilter, any, on},
};

/// A method and the path that it is taken at.
pub type Route = (Method, String);

/// The methods that stand for all in the list of a path that takes any.
const ANY: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A router and the list of its routes. It is the only way to add one.
pub struct Routes<S> {
    router: Router<S>,
    list: Vec<Route>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self { router: Router::new(), list: vec![] }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Takes GET, and HEAD with it.
    #[must_use]
    pub fn get<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::GET, path, handler)
    }

    #[must_use]
    pub fn post<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::POST, path, handler)
    }

    #[must_use]
    pub fn patch<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::PATCH, path, handler)
    }

    /// Takes a method; those that HTTP does not define are not taken.
    #[must_use]
    pub fn on<H: Handler<T, S>, T: 'static>(
        mut self,
        method: Method,
        path: &str,
        handler: H,
    ) -> Self {
        if let Ok(filter) = MethodFilter::try_from(method.clone()) {
            self.router = self.router.route(path, on(filter, handler));
            self.list.push((method, path.to_owned()));
        }
        self
    }

    #[must_use]
    pub fn any<H: Handler<T, S>, T: 'static>(mut self, path: &str, handler: H) -> Self {
        self.router = self.router.route(path, any(handler));
        self.list.extend(ANY.map(|method| (method, path.to_owned())));
        self
    }

    /// The router, to put layers around and to serve.
    pub fn router(self) -> Router<S> {
        self.router
    }

    #[must_use]
    pub fn list(self) -> Vec<Route> {
        self.list
    }
}
