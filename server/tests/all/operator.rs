//! The commands that look after users, keys, the audit log and backups, as an operator runs them.

use crate::program::{patchbay, run, serve, sign_in};
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Output,
};
use tempfile::{TempDir, tempdir};

/// A site with two users.
fn site() -> TempDir {
    let folder = tempdir().unwrap();
    ok(folder.path(), "site add 7 Seven --time-zone Asia/Jakarta", "");
    ok(folder.path(), "user add ann@helpdesk.example --site 7", "a long password\n");
    ok(folder.path(), "user add bob@helpdesk.example --site 7 --role viewer", "a long password\n");
    folder
}

fn command(folder: &Path, line: &str, input: &str) -> Output {
    run(folder, &line.split(' ').collect::<Vec<_>>(), input)
}

/// Runs a command that is to succeed, and returns what it prints.
fn ok(folder: &Path, line: &str, input: &str) -> String {
    let output = command(folder, line, input);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that is to fail, and returns what it says.
fn refused(folder: &Path, line: &str) -> String {
    let output = command(folder, line, "");
    assert!(!output.status.success(), "{line}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn users_and_roles() {
    let folder = site();
    let path = folder.path();
    let list = || ok(path, "user list --site 7", "");
    assert_eq!(list(), "admin   ann@helpdesk.example\nviewer  bob@helpdesk.example\n");
    ok(path, "user role bob@helpdesk.example --site 7 editor", "");
    ok(path, "user disable bob@helpdesk.example --site 7", "");
    assert_eq!(list(), "admin   ann@helpdesk.example\neditor  bob@helpdesk.example  disabled\n");
    ok(path, "user enable bob@helpdesk.example --site 7", "");
    ok(path, "user sign-out bob@helpdesk.example --site 7", "");
    assert!(refused(path, "user disable ann@helpdesk.example --site 7").contains("last admin"));
    assert!(refused(path, "user role eve@helpdesk.example --site 7 admin").contains("no user"));
    assert!(
        refused(path, "user role bob@helpdesk.example --site 7 boss").contains("admin, editor")
    );
    assert!(refused(path, "site add 8 Eight --time-zone Mars/Dome").contains("no time zone"));
    assert!(refused(path, "user add bob@helpdesk.example --site 7").contains("--existing"));
    let again = refused(path, "user add bob@helpdesk.example --site 7 --existing");
    assert!(again.contains("is a member already"), "{again}");
    assert!(refused(path, "user invite eve@helpdesk.example --site 8").contains("no such site"));
    let link = ok(path, "user invite eve@helpdesk.example --site 7", "");
    assert!(link.contains("http://127.0.0.1:3000/invite/"), "{link}");
    ok(path, "user password bob@helpdesk.example", "another password\n");
    let server = serve(path, &[]);
    let answer = |password| server.request(&sign_in("bob@helpdesk.example", password, "7"));
    assert!(answer("another password").contains("\"token\""));
    assert!(answer("a long password").contains("not authorized"));
    ok(path, "user block bob@helpdesk.example", "");
    // A site that disables somebody who is blocked means it.
    ok(path, "user disable bob@helpdesk.example --site 7", "");
    ok(path, "user unblock bob@helpdesk.example", "");
    assert!(answer("another password").contains("not authorized"));
    ok(path, "user enable bob@helpdesk.example --site 7", "");
    ok(path, "user block bob@helpdesk.example", "");
    assert!(answer("another password").contains("not authorized"));
    let blocked = refused(path, "user enable bob@helpdesk.example --site 7");
    assert!(blocked.contains("patchbay user unblock"), "{blocked}");
    ok(path, "user unblock bob@helpdesk.example", "");
    assert!(answer("another password").contains("\"token\""));
    assert!(refused(path, "user block eve@helpdesk.example").contains("no such member"));
}

#[test]
fn only_what_is_to_make_a_database_makes_one() {
    let folder = tempdir().unwrap();
    for line in ["backup copy.db", "check", "audit verify", "keys add", "user list --site 7"] {
        assert!(refused(folder.path(), line).contains("there is no database"), "{line}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    ok(folder.path(), "site add 7 Seven", "");
    let mode = fs::metadata(folder.path().join("patchbay.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn keys_are_added_and_rotated_while_the_server_runs() {
    let folder = site();
    let path = folder.path();
    let server = serve(path, &[]);
    let token = || server.request(&sign_in("ann@helpdesk.example", "a long password", "7"));
    assert!(token().contains("\"token\""));
    let ring = path.join("keys/ring");
    assert_eq!(fs::metadata(&ring).unwrap().permissions().mode() & 0o777, 0o600);
    let first = ok(path, "keys status", "");
    assert_eq!(first.lines().count(), 2, "{first}");
    assert!(first.contains("active  2 values"), "{first}");
    ok(path, "keys add", "");
    // A start needs the new key from now on.
    assert!(ok(path, "keys status", "").contains("active  2 values"));
    assert!(ok(path, "keys rotate --forget-old", "").contains("1 old keys are forgotten"));
    let last = ok(path, "keys status", "");
    assert!(last.contains("active  3 values") && last.lines().count() == 2, "{last}");
    assert!(token().contains("\"token\""));
    ok(path, "check", "");
}

#[test]
fn a_backup_is_made_while_the_server_runs_and_restored() {
    let folder = site();
    let path = folder.path();
    let server = serve(path, &[]);
    let token = server.request(&sign_in("ann@helpdesk.example", "a long password", "7"));
    let token = token.split("\"token\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let find = format!(
        "GET /api/connection HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    assert!(server.request(&find).starts_with("HTTP/1.1 200"), "control");
    ok(path, "backup copy.db", "");
    assert_eq!(fs::metadata(path.join("copy.db")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(refused(path, "backup copy.db").contains("is there already"));
    assert!(refused(path, "restore copy.db").contains("is there"));
    drop(server);
    for file in ["patchbay.db", "patchbay.db-wal", "patchbay.db-shm"] {
        fs::remove_file(path.join(file)).ok();
    }
    let restored = ok(path, "restore copy.db", "");
    assert!(restored.contains("all 2 secrets open"), "{restored}");
    assert!(ok(path, "user list --site 7", "").contains("bob@helpdesk.example"));
    assert!(ok(path, "audit verify", "").contains("the audit log is whole"));
    // It may have been ended since the backup was made.
    assert!(serve(path, &[]).request(&find).contains("Invalid token"));
}

#[test]
fn a_backup_that_is_damaged_or_of_another_ring_is_not_restored() {
    let folder = site();
    let path = folder.path();
    ok(path, "backup copy.db", "");
    for file in ["patchbay.db", "patchbay.db-wal", "patchbay.db-shm"] {
        fs::remove_file(path.join(file)).ok();
    }
    let ring = path.join("keys/ring");
    fs::rename(&ring, path.join("elsewhere")).unwrap();
    assert!(refused(path, "restore copy.db").contains("there is no key ring at"));
    fs::rename(path.join("elsewhere"), &ring).unwrap();
    let mut bytes = fs::read(path.join("copy.db")).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(path.join("broken.db"), bytes).unwrap();
    refused(path, "restore broken.db");
    fs::write(path.join("empty.db"), "").unwrap();
    assert!(refused(path, "restore empty.db").contains("could not be read as a backup"));
    fs::write(path.join("text.db"), "this is no database at all").unwrap();
    assert!(refused(path, "restore text.db").contains("is no backup"));
    assert!(!path.join("patchbay.db").exists(), "nothing half restored is left");
    ok(path, "restore copy.db", "");
}

#[test]
fn check_finds_what_was_tampered_with() {
    let folder = site();
    let path = folder.path();
    ok(path, "check", "");
    let tamper = |sql: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            use sqlx::{Connection, SqliteConnection};
            let url = format!("sqlite://{}", path.join("patchbay.db").display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            let sql = sqlx::AssertSqlSafe(sql.to_owned());
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    };
    tamper("DROP TRIGGER audit_is_never_changed; UPDATE audit SET who = 'x' WHERE site_id = 7");
    assert!(refused(path, "check").contains("site 7: row 1 was changed or moved"));
    assert!(refused(path, "audit verify").contains("site 7: row 1 was changed or moved"));
}

#[test]
fn a_rotation_that_is_killed_goes_on_where_it_was() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    drop(serve(path, &["--demo", "--demo-rows", "2000"]));
    ok(path, "keys add", "");
    let old_values = || {
        let status = ok(path, "keys status", "");
        let line = status.lines().find(|line| line.contains(" old ")).expect(&status).to_owned();
        line.split_whitespace().nth(2).unwrap().parse::<u32>().unwrap()
    };
    let all = old_values();
    let mut rotation = patchbay(path, &["keys", "rotate"]).spawn().unwrap();
    let mut progress = String::new();
    BufReader::new(rotation.stdout.as_mut().unwrap()).read_line(&mut progress).unwrap();
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    assert!(progress.starts_with("sealed "), "{progress}");
    let left = old_values();
    assert!(0 < left && left < all, "control: {left} of {all} were left");
    ok(path, "check", "");
    ok(path, "keys rotate", "");
    assert_eq!(old_values(), 0);
    ok(path, "check", "");
}
