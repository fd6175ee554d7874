//! The commands that look after users, keys, the audit log and backups, as an operator runs them.

use crate::{
    cluster::wait,
    program::{Home, patchbay, run, serve, sign_in},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::Output,
};

/// A site with two users.
fn site() -> Home {
    with_site(Home::new())
}

fn with_site(home: Home) -> Home {
    ok(&home, "site add 7 Seven --time-zone Asia/Jakarta", "");
    ok(&home, "user add ann@helpdesk.example --site 7", "a long password\n");
    ok(&home, "user add bob@helpdesk.example --site 7 --role viewer", "a long password\n");
    home
}

fn command(home: &Home, line: &str, input: &str) -> Output {
    run(home, &line.split(' ').collect::<Vec<_>>(), input)
}

/// Runs a command that is to succeed, and returns what it prints.
fn ok(home: &Home, line: &str, input: &str) -> String {
    let output = command(home, line, input);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that is to fail, and returns what it says.
fn refused(home: &Home, line: &str) -> String {
    let output = command(home, line, "");
    assert!(!output.status.success(), "{line}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn users_and_roles() {
    let home = &site();
    let list = || ok(home, "user list --site 7", "");
    assert_eq!(list(), "admin   ann@helpdesk.example\nviewer  bob@helpdesk.example\n");
    ok(home, "user role bob@helpdesk.example --site 7 editor", "");
    ok(home, "user disable bob@helpdesk.example --site 7", "");
    assert_eq!(list(), "admin   ann@helpdesk.example\neditor  bob@helpdesk.example  disabled\n");
    ok(home, "user enable bob@helpdesk.example --site 7", "");
    ok(home, "user sign-out bob@helpdesk.example --site 7", "");
    assert!(refused(home, "user disable ann@helpdesk.example --site 7").contains("last admin"));
    assert!(refused(home, "user role eve@helpdesk.example --site 7 admin").contains("no user"));
    assert!(
        refused(home, "user role bob@helpdesk.example --site 7 boss").contains("admin, editor")
    );
    assert!(refused(home, "site add 8 Eight --time-zone Mars/Dome").contains("no time zone"));
    for line in [
        "user add bob@helpdesk.example --site 7",
        "user add Bob@helpdesk.example --site 7 --existing",
    ] {
        let again = refused(home, line);
        assert!(again.contains("bob@helpdesk.example is a member of site 7 already"), "{again}");
    }
    ok(home, "site add 9 Nine", "");
    assert!(refused(home, "user add bob@helpdesk.example --site 9").contains("--existing"));
    ok(home, "user add bob@helpdesk.example --site 9 --existing --role viewer", "");
    assert!(refused(home, "user list --site 999").contains("there is no site 999"));
    assert!(command(home, "site add 10", "").status.code() == Some(2), "control: a name is needed");
    assert!(
        !run(home, &["site", "add", "10", " "], "").status.success(),
        "a name that shows nothing"
    );
    assert!(refused(home, "site add 9007199254740992 Ten").contains("9007199254740991"));
    assert!(refused(home, "user invite eve@helpdesk.example --site 8").contains("no such site"));
    let link = ok(home, "user invite eve@helpdesk.example --site 7", "");
    assert!(link.contains("http://127.0.0.1:3000/invite/"), "{link}");
    ok(home, "user password bob@helpdesk.example", "another password\n");
    let server = serve(home, &[]);
    let answer = |password| server.request(&sign_in("bob@helpdesk.example", password, "7"));
    assert!(answer("another password").contains("\"token\""));
    assert!(answer("a long password").contains("not authorized"));
    ok(home, "user block bob@helpdesk.example", "");
    // A site that disables somebody who is blocked means it.
    ok(home, "user disable bob@helpdesk.example --site 7", "");
    ok(home, "user unblock bob@helpdesk.example", "");
    assert!(answer("another password").contains("not authorized"));
    ok(home, "user enable bob@helpdesk.example --site 7", "");
    ok(home, "user block bob@helpdesk.example", "");
    assert!(answer("another password").contains("not authorized"));
    let blocked = refused(home, "user enable bob@helpdesk.example --site 7");
    assert!(blocked.contains("patchbay user unblock"), "{blocked}");
    ok(home, "user unblock bob@helpdesk.example", "");
    assert!(answer("another password").contains("\"token\""));
    for line in ["user block eve@helpdesk.example", "user password eve@helpdesk.example"] {
        assert!(refused(home, line).contains("eve@helpdesk.example has no account"), "{line}");
    }
}

#[test]
fn only_what_is_to_make_a_database_makes_one() {
    let home = &Home::new();
    for line in ["backup copy.db", "check", "audit verify", "keys add", "user list --site 7"] {
        assert!(refused(home, line).contains("there is no database"), "{line}");
    }
    assert_eq!(fs::read_dir(&**home).unwrap().count(), 0);
    ok(home, "site add 7 Seven", "");
    ok(home, "check", "");
    if home.postgres().is_some() {
        assert!(refused(home, "backup copy.db").contains("pg_dump --enable-row-security"));
    } else {
        let mode = fs::metadata(home.join("patchbay.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn keys_are_added_and_rotated_while_the_server_runs() {
    let home = &site();
    let server = serve(home, &[]);
    let token = || server.request(&sign_in("ann@helpdesk.example", "a long password", "7"));
    assert!(token().contains("\"token\""));
    let ring = home.join("keys/ring");
    assert_eq!(fs::metadata(&ring).unwrap().permissions().mode() & 0o777, 0o600);
    let first = ok(home, "keys status", "");
    assert_eq!(first.lines().count(), 2, "{first}");
    assert!(first.contains("active  2 values"), "{first}");
    ok(home, "keys add", "");
    // A start needs the new key from now on.
    assert!(ok(home, "keys status", "").contains("active  2 values"));
    assert!(ok(home, "keys rotate --forget-old", "").contains("1 old keys are forgotten"));
    let last = ok(home, "keys status", "");
    assert!(last.contains("active  3 values") && last.lines().count() == 2, "{last}");
    assert!(token().contains("\"token\""));
    ok(home, "check", "");
}

#[test]
fn everything_ends_at_the_operators_word() {
    let home = &site();
    let server = serve(home, &[]);
    let token = server.request(&sign_in("ann@helpdesk.example", "a long password", "7"));
    let token = token.split("\"token\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let find = format!(
        "GET /api/connection HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    assert!(server.request(&find).starts_with("HTTP/1.1 200"), "control");
    assert!(ok(home, "end-everything", "").contains("everybody signs in again"));
    assert!(server.request(&find).contains("Invalid token"));
    assert!(ok(home, "audit verify", "").contains("the audit log is whole"));
}

/// Changes the recorded checksum, as of a build with other tables.
fn make_other_schema(home: &Home) {
    let file = format!("sqlite://{}", home.join("patchbay.db").display());
    let url = home.postgres().map_or(file, Into::into);
    let sql = "UPDATE _sqlx_migrations SET checksum = substr(checksum, 2)";
    tamper(url, sql.into());
}

#[test]
fn a_database_of_another_build_is_refused_and_a_demos_is_made_again() {
    let home = &site();
    make_other_schema(home);
    for line in ["check", "serve --addr 127.0.0.1:0", "serve --demo --addr 127.0.0.1:0"] {
        let said = refused(home, line);
        assert!(said.contains("another version of Patchbay"), "{line}: {said}");
        assert!(said.contains("export"), "{line}: {said}");
    }
    let home = &Home::new();
    serve(home, &["--demo"]).stop();
    make_other_schema(home);
    assert!(refused(home, "serve --addr 127.0.0.1:0").contains("another version of Patchbay"));
    let server = serve(home, &["--demo"]);
    let token = server.request(&sign_in("demo@patchbay.test", "patchbay-demo", "169"));
    assert!(token.contains("\"token\""), "{token}");
}

#[test]
fn a_backup_is_made_while_the_server_runs_and_restored() {
    let home = &with_site(Home::file());
    let server = serve(home, &[]);
    let token = server.request(&sign_in("ann@helpdesk.example", "a long password", "7"));
    let token = token.split("\"token\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let find = format!(
        "GET /api/connection HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    assert!(server.request(&find).starts_with("HTTP/1.1 200"), "control");
    ok(home, "backup copy.db", "");
    assert_eq!(fs::metadata(home.join("copy.db")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(refused(home, "backup copy.db").contains("is there already"));
    assert!(refused(home, "restore copy.db").contains("is there"));
    drop(server);
    for file in ["patchbay.db", "patchbay.db-wal", "patchbay.db-shm"] {
        fs::remove_file(home.join(file)).ok();
    }
    let restored = ok(home, "restore copy.db", "");
    assert!(restored.contains("all 2 secrets open"), "{restored}");
    assert!(ok(home, "user list --site 7", "").contains("bob@helpdesk.example"));
    assert!(ok(home, "audit verify", "").contains("the audit log is whole"));
    // It may have been ended since the backup was made.
    assert!(serve(home, &[]).request(&find).contains("Invalid token"));
}

#[test]
fn a_backup_that_is_damaged_or_of_another_ring_is_not_restored() {
    let home = &with_site(Home::file());
    ok(home, "backup copy.db", "");
    for file in ["patchbay.db", "patchbay.db-wal", "patchbay.db-shm"] {
        fs::remove_file(home.join(file)).ok();
    }
    let ring = home.join("keys/ring");
    fs::rename(&ring, home.join("elsewhere")).unwrap();
    assert!(refused(home, "restore copy.db").contains("there is no key ring at"));
    fs::rename(home.join("elsewhere"), &ring).unwrap();
    let mut bytes = fs::read(home.join("copy.db")).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(home.join("broken.db"), bytes).unwrap();
    refused(home, "restore broken.db");
    fs::write(home.join("empty.db"), "").unwrap();
    assert!(refused(home, "restore empty.db").contains("is no backup"));
    fs::write(home.join("text.db"), "this is no database at all").unwrap();
    assert!(refused(home, "restore text.db").contains("is no backup"));
    assert!(!home.join("patchbay.db").exists(), "nothing half restored is left");
    ok(home, "restore copy.db", "");
}

/// Changes a database behind the program's back.
fn tamper(url: String, sql: String) {
    let sql = AssertSqlSafe(sql);
    wait(async move {
        if url.starts_with("sqlite") {
            let mut database = SqliteConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
            database.close().await.unwrap();
        } else {
            let mut database = PgConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
        }
    });
}

#[test]
fn check_finds_what_was_tampered_with() {
    let home = &site();
    ok(home, "check", "");
    let drop = "DROP TRIGGER audit_is_never_changed";
    let update = "UPDATE audit SET who = 'x' WHERE site_id = 7";
    let file = format!("sqlite://{}", home.join("patchbay.db").display());
    let (url, sql) = match home.postgres() {
        Some(url) => (url.into(), format!("SET patchbay.site = '0'; {drop} ON audit; {update}")),
        None => (file, format!("{drop}; {update}")),
    };
    tamper(url, sql);
    assert!(refused(home, "check").contains("site 7: row 1 was changed or moved"));
    assert!(refused(home, "audit verify").contains("site 7: row 1 was changed or moved"));
}

#[test]
fn a_rotation_that_is_killed_goes_on_where_it_was() {
    let home = &Home::new();
    serve(home, &["--demo", "--demo-rows", "2000"]).stop();
    ok(home, "keys add", "");
    let old_values = || {
        let status = ok(home, "keys status", "");
        let line = status.lines().find(|line| line.contains(" old ")).expect(&status).to_owned();
        line.split_whitespace().nth(2).unwrap().parse::<u32>().unwrap()
    };
    let all = old_values();
    let mut rotation = patchbay(home, &["keys", "rotate"]).spawn().unwrap();
    let mut progress = String::new();
    BufReader::new(rotation.stdout.as_mut().unwrap()).read_line(&mut progress).unwrap();
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    assert!(progress.starts_with("sealed "), "{progress}");
    let left = old_values();
    assert!(0 < left && left < all, "control: {left} of {all} were left");
    ok(home, "check", "");
    ok(home, "keys rotate", "");
    assert_eq!(old_values(), 0);
    ok(home, "check", "");
}
