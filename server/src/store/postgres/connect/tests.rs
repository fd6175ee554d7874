use super::{options, weaker_than_verified};
use sqlx::postgres::PgSslMode::{self, Disable, Prefer, Require, VerifyCa, VerifyFull};
use std::mem::discriminant;

const LOCAL: [&str; 5] =
    ["localhost", "127.0.0.1:5433", "[::1]", "[::1]:5432", "%2Frun%2Fpostgresql"];
const REMOTE: [&str; 5] =
    ["db.example", "10.0.0.1", "localhost.example", "[fd00::1]:5432", "127.0.0.1.example"];

fn mode(host: &str, query: &str) -> PgSslMode {
    options(&format!("postgres://user:password@{host}/patchbay{query}")).unwrap().get_ssl_mode()
}

fn assert_mode(host: &str, query: &str, expected: PgSslMode) {
    let found = mode(host, query);
    assert_eq!(discriminant(&found), discriminant(&expected), "{host} {query}: {found:?}");
}

#[test]
fn another_host_must_prove_who_it_is_unless_the_address_asks_for_less() {
    for host in LOCAL {
        assert_mode(host, "", Disable);
    }
    for host in REMOTE {
        assert_mode(host, "", VerifyFull);
        assert_mode(host, "?application_name=sslmode", VerifyFull);
        assert_mode(host, "?sslrootcert=/etc/ca.pem", VerifyFull);
    }
    for host in LOCAL.into_iter().chain(REMOTE) {
        assert_mode(host, "?sslmode=require", Require);
        assert_mode(host, "?sslrootcert=/etc/ca.pem&ssl-mode=verify-ca", VerifyCa);
        assert_mode(host, "?sslmode=prefer", Prefer);
        assert_mode(host, "?sslmode=disable", Disable);
    }
    // The host may also stand in the query.
    assert_mode("localhost", "?host=db.example", VerifyFull);
    assert_mode("localhost", "?host=/run/postgresql", Disable);
}

#[test]
fn less_than_a_checked_certificate_is_logged_for_another_host_alone() {
    let said = |host, query: &str| {
        let options = options(&format!("postgres://u:p@{host}/db{query}")).unwrap();
        weaker_than_verified(&options)
    };
    for query in ["?sslmode=require", "?sslmode=verify-ca", "?sslmode=prefer", "?sslmode=disable"] {
        assert!(said("db.example", query).is_some_and(|said| said.contains("sslmode")), "{query}");
        assert_eq!(said("[::1]", query), None);
    }
    assert_eq!(said("db.example", ""), None);
    assert_eq!(said("db.example", "?sslmode=verify-full"), None);
}

#[test]
fn an_ipv6_address_is_looked_up_without_its_brackets() {
    let read = options("postgres://user@[::1]:5433/patchbay").unwrap();
    assert_eq!((read.get_host(), read.get_port()), ("::1", 5433));
}
