//! For each route what is sent there, so that it can be sent with other numbers and by other roles.

use crate::{
    caller::{Caller, Ids},
    support::{Answer, OURS, TestServer},
};
use axum::http::header;
use shared::Role::{self, Admin, Editor};

/// A request to a route.
pub struct Row {
    /// The route as the server lists it.
    pub route: &'static str,
    pub path: &'static str,
    pub body: &'static str,
    /// The least role that changes something with it; `None` if it only reads.
    pub least: Option<Role>,
    /// Why it carries no number of a site, if it does not.
    pub why: &'static str,
}

impl Row {
    /// Sends it as a caller, with these numbers.
    pub async fn send(&self, server: &TestServer, caller: &Caller, ids: &Ids) -> Answer {
        let (method, path) = (self.route.split(' ').next().unwrap(), ids.fill(self.path));
        let (method, body) = (method.parse().unwrap(), ids.fill(self.body));
        if path.starts_with("/api/") {
            return server.call(Some(&caller.token), method, &path, &body).await;
        }
        let json = path.starts_with("/rpc/");
        let media_type =
            if json { "application/json" } else { "application/x-www-form-urlencoded" };
        let headers =
            [(header::CONTENT_TYPE, media_type), OURS, (header::COOKIE, caller.cookie.as_str())];
        server.call_with(None, method, &path, &body, &headers).await
    }
}

const fn read(route: &'static str, path: &'static str) -> Row {
    Row { route, path, body: "", least: None, why: "" }
}

const fn write(least: Role, route: &'static str, path: &'static str, body: &'static str) -> Row {
    Row { route, path, body, least: Some(least), why: "" }
}

const fn no_ids(route: &'static str, why: &'static str) -> Row {
    Row { route, path: "", body: "", least: None, why }
}

/// In an order in which each can be sent after the others.
pub const ROWS: &[Row] = &[
    read("GET /api/connection/{id}", "/api/connection/$id"),
    read("GET /connections/{id}", "/connections/$id"),
    Row { body: r#"{"id":$id}"#, ..read("POST /rpc/connection/read", "/rpc/connection/read") },
    Row { body: "{}", ..read("POST /api/connection/{id}/test", "/api/connection/$id/test") },
    read("GET /connections/{id}/fill", "/connections/$id/fill"),
    read("GET /connections/{id}/test", "/connections/$id/test"),
    read("POST /connections/{id}/test", "/connections/$id/test"),
    read("GET /connections/{id}/message", "/connections/$id/message"),
    read("POST /connections/{id}/message", "/connections/$id/message"),
    read("GET /connections/bulk", "/connections/bulk?do=enable&id=$id"),
    read("GET /activity", "/activity?connection=$id"),
    read("GET /activity.csv", "/activity.csv?connection=$id"),
    read("GET /activity.csv", "/activity.csv?person=$user"),
    write(Editor, "POST /connections/{id}/undo", "/connections/$id/undo", "number=$event"),
    write(Editor, "PATCH /api/connection/{id}", "/api/connection/$id", r#"{"Name":"by the API"}"#),
    write(
        Editor,
        "POST /api/connection",
        "/api/connection",
        r#"{"MediaId":"EMAIL","ProviderId":"PVD7","Name":"new","UserId":"a@b.example",
            "From":"a@b.example","Host":"mail.b.example","Port":"587","Password":"pw-1",
            "ParentId":"$parent"}"#,
    ),
    write(
        Editor,
        "POST /connections/{id}",
        "/connections/$id",
        "version=$version&Name=by+a+form&was-Name=x",
    ),
    write(
        Editor,
        "POST /connections/{id}/enabled",
        "/connections/$id/enabled",
        "version=$version&enabled=0",
    ),
    write(Editor, "POST /connections/bulk", "/connections/bulk", "id=$id&do=enable&confirmed=1"),
    write(
        Editor,
        "POST /connections/{id}/fill",
        "/connections/$id/fill",
        "pasted=%7B%22token%22%3A%22t%22%7D",
    ),
    write(
        Editor,
        "POST /connections/new",
        "/connections/new?channel=email-outbound",
        "Name=new&UserId=a%40b.example&From=a%40b.example&Host=mail.b.example&Port=587\
         &replacing=Password&Password=pw-1&ParentId=$parent",
    ),
    write(
        Editor,
        "PATCH /rpc/connection/patch",
        "/rpc/connection/patch",
        r#"{"id":$id,"version":$version,"patch":{"Name":"by a function"}}"#,
    ),
    write(
        Editor,
        "POST /rpc/connection/create",
        "/rpc/connection/create",
        r#"{"channel":"EmailOutbound","patch":{"Name":"new","UserId":"a@b.example",
            "From":"a@b.example","Host":"mail.b.example","Port":"587","Password":"pw-1",
            "ParentId":"$parent"}}"#,
    ),
    write(Admin, "POST /team/invite/withdraw", "/team/invite/withdraw", "id=$invite"),
    write(Admin, "POST /team/role", "/team/role", "user=$user&role=admin"),
    write(Admin, "POST /team/sign-out", "/team/sign-out", "user=$user"),
    write(Admin, "POST /team/enabled", "/team/enabled", "user=$user&enabled=0"),
    Row {
        why: "an address is invited, which need not be anybody's",
        ..write(Admin, "POST /team/invite", "/team/invite", "email=n%40b.example&role=viewer")
    },
    Row { body: "site=$site", ..read("POST /site", "/site") },
    no_ids("GET /", "lists the site's own"),
    no_ids("GET /api/connection", "lists the site's own; sinceId is a bound, not a reference"),
    no_ids("GET /api/connection/events", "tells of the site's own; a number is a bound"),
    no_ids("GET /rpc/events", "tells of the site's own; a number is a bound"),
    no_ids("GET /connections/new", "an empty form"),
    no_ids("GET /connections/new/settings", "asks for an address"),
    no_ids("POST /connections/new/settings", "looks for servers of the internet"),
    no_ids(
        "GET /api/{provider}/session/{id}",
        "an id that nobody guesses: tested beside the matrix",
    ),
    no_ids("GET /facebook/auth", "begins the caller's own"),
    no_ids("GET /instagraph/auth", "begins the caller's own"),
    no_ids("GET /twitter/auth", "begins the caller's own"),
    no_ids("GET /facebook/auth/callback", "ends what its browser began"),
    no_ids("GET /instagraph/auth/callback", "ends what its browser began"),
    no_ids("GET /twitter/auth/callback", "ends what its browser began"),
    no_ids("GET /team", "lists the site's own"),
    no_ids("GET /account", "the caller's own"),
    no_ids("POST /account/password", "the caller's own"),
    no_ids("POST /account/sign-out-everywhere", "the caller's own"),
    no_ids("GET /login", "the same for everybody"),
    no_ids("POST /login", "who signs in is no member yet: tested in this file's neighbour"),
    no_ids("POST /logout", "the caller's own"),
    no_ids("POST /api/authenticate", "who signs in is no member yet: tested beside the matrix"),
    no_ids("GET /invite/{token}", "whoever has the link is meant"),
    no_ids("POST /invite/{token}", "whoever has the link is meant"),
    no_ids("GET /api/openapi.json", "the same for everybody"),
    no_ids("GET /healthz", "the same for everybody"),
    no_ids("GET /readyz", "tells of the server alone"),
    no_ids("GET /pkg/{bundle}/{*path}", "the same for everybody"),
    no_ids("GET /favicon.svg", "the same for everybody"),
    no_ids("GET /api/", "never anything"),
    no_ids("POST /api/", "never anything"),
    no_ids("PUT /api/", "never anything"),
    no_ids("PATCH /api/", "never anything"),
    no_ids("DELETE /api/", "never anything"),
];
