//! Backups and their restoration, killed at any moment.

use crate::{
    cluster::wait,
    program::{Home, patchbay, run, send, serve, sign_in},
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

fn ok(home: &Home, line: &str) -> String {
    let output = run(home, &line.split(' ').collect::<Vec<_>>(), "");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(home: &Home, line: &str) -> String {
    let output = run(home, &line.split(' ').collect::<Vec<_>>(), "");
    assert!(!output.status.success(), "{line}");
    String::from_utf8(output.stderr).unwrap()
}

fn names(home: &Home) -> Vec<String> {
    let names = fs::read_dir(&**home).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

fn remove_database(home: &Home) {
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(home.join(format!("patchbay.db{suffix}"))).ok();
    }
}

/// A database of the demo and some more rows, its backup `copy.db`, and a request with a token that was
/// good when the backup was made.
fn backed_up() -> (Home, String) {
    let home = Home::file();
    let server = serve(&home, &["--demo", "--demo-rows", "400"]);
    let answer = server.request(&sign_in("demo@patchbay.test", "patchbay-demo", "169"));
    let token = answer.split("\"token\":\"").nth(1).unwrap().split('"').next().unwrap();
    let find = format!(
        "GET /api/connection HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    assert!(server.request(&find).starts_with("HTTP/1.1 200"), "control");
    ok(&home, "backup copy.db");
    drop(server);
    remove_database(&home);
    (home, find)
}

#[test]
fn a_restore_that_is_killed_leaves_no_database_in_which_old_tokens_work() {
    const KILLS: u32 = 8;
    let (home, find) = backed_up();
    let begin = Instant::now();
    ok(&home, "restore copy.db");
    let whole = begin.elapsed();
    let mut without = 0;
    for kill in 0..KILLS {
        remove_database(&home);
        let mut child = patchbay(&home, &["restore", "copy.db"]).spawn().unwrap();
        thread::sleep(whole * kill / (KILLS - 1));
        child.kill().unwrap();
        child.wait().unwrap();
        if home.join("patchbay.db").exists() {
            let answer = serve(&home, &[]).request(&find);
            assert!(answer.contains("Invalid token"), "{answer}");
        } else {
            without += 1;
        }
    }
    assert!(without > 0, "control: one was killed before the end");
    remove_database(&home);
    ok(&home, "restore copy.db");
    assert!(serve(&home, &[]).request(&find).contains("Invalid token"));
    ok(&home, "check");
}

#[test]
fn a_restore_that_is_ended_by_a_signal_leaves_nothing() {
    let (home, _) = backed_up();
    let before = names(&home);
    for signal in ["INT", "TERM", "HUP"] {
        let child = patchbay(&home, &["restore", "copy.db"]).spawn().unwrap();
        // Its file shows that it has begun.
        while !home.join("patchbay.db.restoring").exists() && !home.join("patchbay.db").exists() {
            thread::sleep(Duration::from_millis(1));
        }
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            remove_database(&home);
        }
        assert_eq!(names(&home), before, "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn nothing_is_restored_beside_what_is_there() {
    let (home, _) = backed_up();
    for file in ["patchbay.db", "patchbay.db-wal", "patchbay.db-shm", "patchbay.db-journal"] {
        fs::write(home.join(file), "").unwrap();
        assert!(refused(&home, "restore copy.db").contains(&format!("{file} is there")));
        fs::remove_file(home.join(file)).unwrap();
    }
    // A restore that runs holds its file locked; a server does not create a database beside it.
    fs::create_dir(home.join("patchbay.db.restoring")).unwrap();
    let restoring = fs::File::open(home.join("patchbay.db.restoring")).unwrap();
    restoring.lock().unwrap();
    assert!(refused(&home, "restore copy.db").contains("another patchbay writes"));
    for line in ["serve --addr 127.0.0.1:0", "site add 7 Seven"] {
        assert!(refused(&home, line).contains("a backup is being restored"), "{line}");
    }
    assert!(!home.join("patchbay.db").exists());
    drop(restoring);
    // One that was killed does not block the next.
    ok(&home, "restore copy.db");
    let mode = fs::metadata(home.join("patchbay.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!home.join("patchbay.db.restoring").exists());
}

#[test]
fn a_backup_has_its_checksum_beside_it() {
    let (home, _) = backed_up();
    let verify = || {
        Command::new("sha256sum").args(["--check", "copy.db.sha256"]).current_dir(&*home).output()
    };
    assert!(verify().unwrap().status.success());
    ok(&home, "check --database-url sqlite://copy.db");
    assert!(verify().unwrap().status.success(), "a check changes nothing");
    // Nobody else has anything to say about a byte of a connection's name. Its codes would be noticed:
    // they are bound to its secrets.
    let mut bytes = fs::read(home.join("copy.db")).unwrap();
    let codes = bytes.windows(11).position(|window| window == b"EMAILPVD9Su").unwrap();
    bytes[codes + "EMAILPVD9".len()] ^= 1;
    fs::write(home.join("copy.db"), &bytes).unwrap();
    for line in ["restore copy.db", "check --database-url sqlite://copy.db"] {
        let said = refused(&home, line);
        assert!(said.contains("copy.db is not what copy.db.sha256 says"), "{line}: {said}");
    }
    assert!(!home.join("patchbay.db").exists());
    fs::remove_file(home.join("copy.db.sha256")).unwrap();
    let said = run(&home, &["check", "--database-url", "sqlite://copy.db"], "");
    assert!(said.status.success(), "control: nothing else notices");
}

#[test]
fn a_backup_that_was_killed_does_not_block_the_next() {
    let home = Home::file();
    drop(serve(&home, &["--demo", "--demo-rows", "400"]));
    fs::create_dir(home.join("copy.db.partial")).unwrap();
    fs::write(home.join("copy.db.partial/patchbay.db"), "left behind").unwrap();
    ok(&home, "backup copy.db");
    assert!(!home.join("copy.db.partial").exists());
    assert!(refused(&home, "backup -").contains("name a file"));
    assert!(!home.join("-").exists());
    for signal in ["INT", "TERM", "KILL"] {
        let mut child = patchbay(&home, &["backup", "other.db"]).spawn().unwrap();
        while !home.join("other.db.partial").exists() && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        if child.try_wait().unwrap().is_none() {
            send(signal, &child);
        }
        child.wait().unwrap();
        let left = names(&home)
            .into_iter()
            .filter(|name| name.starts_with("other.db"))
            .collect::<Vec<_>>();
        let is_whole = left == ["other.db", "other.db.sha256"];
        assert!(signal == "KILL" || is_whole || left.is_empty(), "{signal}: {left:?}");
        fs::remove_file(home.join("other.db")).ok();
        ok(&home, "backup other.db");
        fs::remove_file(home.join("other.db")).unwrap();
        fs::remove_file(home.join("other.db.sha256")).unwrap();
    }
}

#[test]
fn an_export_that_is_killed_leaves_no_secret_and_blocks_nothing() {
    let home = Home::file();
    drop(serve(&home, &["--demo", "--demo-rows", "2500"]));
    let before = names(&home);
    for (signal, delay) in [("INT", 30), ("TERM", 60), ("KILL", 90), ("KILL", 150)] {
        let args = ["export", "--site", "169", "--with-secrets", "all.jsonl"];
        let mut child = patchbay(&home, &args).spawn().unwrap();
        thread::sleep(Duration::from_millis(delay));
        if child.try_wait().unwrap().is_none() {
            send(signal, &child);
        }
        child.wait().unwrap();
        fs::remove_file(home.join("all.jsonl")).ok();
        let left: Vec<_> = names(&home).into_iter().filter(|name| name.contains("jsonl")).collect();
        assert_eq!(left, [""; 0], "{signal}");
    }
    ok(&home, "export --site 169 --with-secrets all.jsonl");
    let mut after = names(&home);
    after.retain(|name| !name.starts_with("patchbay.db-") && name != "all.jsonl");
    assert_eq!(
        after,
        before.into_iter().filter(|name| !name.starts_with("patchbay.db-")).collect::<Vec<_>>()
    );
    assert!(refused(&home, "export --site 169 -").contains("name a file"));
}

/// Makes a file as another program would.
fn other_program(file: &Path, sql: &'static str) {
    let url = format!("sqlite://{}?mode=rwc", file.display());
    wait(async move {
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    });
}

#[test]
fn a_file_of_another_program_is_left_as_it_is() {
    let home = Home::file();
    let file = home.join("patchbay.db");
    let commands = [
        "check",
        "audit verify",
        "export --site 7",
        "keys status",
        "site add 7 Seven",
        "backup copy.db",
        "serve --addr 127.0.0.1:0",
    ];
    let assert_refused = |commands: &[&str]| {
        let before = fs::read(&file).unwrap();
        for line in commands {
            let said = refused(&home, line);
            assert!(said.contains("is no database of Patchbay"), "{line}: {said}");
            assert!(fs::read(&file).unwrap() == before, "{line}");
        }
        assert_eq!(names(&home), ["patchbay.db"]);
    };
    other_program(&file, "CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('soup')");
    assert_refused(&commands);
    fs::write(&file, "a text of more than a few bytes, which is no database at all").unwrap();
    assert_refused(&commands);
    fs::write(&file, "").unwrap();
    assert_refused(&["check", "audit verify", "export --site 7"]);
}

#[test]
fn a_look_changes_nothing_and_another_version_is_named() {
    let home = Home::file();
    ok(&home, "site add 7 Seven");
    // What the first command left in the log comes into the file here.
    ok(&home, "check");
    let file = home.join("patchbay.db");
    let (before, listed) = (fs::read(&file).unwrap(), names(&home));
    for line in ["check", "audit verify", "export --site 7"] {
        ok(&home, line);
        assert!(fs::read(&file).unwrap() == before, "{line}");
        assert_eq!(names(&home), listed, "{line}");
    }
    other_program(
        &file,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of the future', TRUE, x'00', 0)",
    );
    for line in ["check", "export --site 7", "user list --site 7", "serve --addr 127.0.0.1:0"] {
        let said = refused(&home, line);
        assert!(said.contains("made by another version of Patchbay"), "{line}: {said}");
    }
}
