//! Standard output and standard error that are full, or that nobody reads.

use crate::program::{Home, get, patchbay, run, send, serve, sign_in, start};
use std::{
    fs::File,
    io::{self, Read},
    process::{Command, Output, Stdio},
};

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// A pipe whose reader is gone.
fn closed() -> Stdio {
    let (_, writer) = io::pipe().unwrap();
    writer.into()
}

fn with_output(home: &Home, line: &str, output: Stdio) -> Output {
    let mut command = patchbay(home, &line.split(' ').collect::<Vec<_>>());
    let child = command.stdin(Stdio::null()).stdout(output).spawn().unwrap();
    child.wait_with_output().unwrap()
}

fn ok(home: &Home, line: &str) -> String {
    let output = run(home, &line.split(' ').collect::<Vec<_>>(), "");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_log_that_cannot_be_written_costs_no_request() {
    for broken in [full, closed] {
        let home = Home::new();
        let mut command = patchbay(&home, &["serve", "--demo", "--addr", "127.0.0.1:0"]);
        command.env("RUST_LOG", "trace").stderr(broken());
        let mut server = start(command);
        for _ in 0..20 {
            assert!(server.request(&get("/healthz")).starts_with("HTTP/1.1 200"));
        }
        let token = sign_in("demo@patchbay.test", "patchbay-demo", "169");
        assert!(server.request(&token).contains("\"token\""));
        server.signal("TERM");
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_server_whose_output_cannot_be_written_goes_on() {
    for broken in [full, closed] {
        let home = Home::new();
        // Nobody can read where it listens, so the address is given.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let addr = format!("127.0.0.1:{port}");
        let mut command = patchbay(&home, &["serve", "--demo", "--addr", &addr]);
        let mut child = command.stdout(broken()).spawn().unwrap();
        while std::net::TcpStream::connect(&addr).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "it ended");
            std::thread::yield_now();
        }
        send("TERM", &child);
        child.wait().unwrap();
    }
}

/// Commands that print, in an order in which each succeeds.
const COMMANDS: [&str; 12] = [
    "site add 8 Eight",
    "user list --site 169",
    "user role viewer@patchbay.test --site 169 editor",
    "user disable viewer@patchbay.test --site 169",
    "user enable viewer@patchbay.test --site 169",
    "user sign-out viewer@patchbay.test --site 169",
    "user block viewer@patchbay.test",
    "keys add",
    "keys rotate",
    "keys status",
    "audit verify",
    "check",
];

fn demo() -> Home {
    let home = Home::new();
    drop(serve(&home, &["--demo"]));
    home
}

#[test]
fn a_full_output_is_one_line_of_error() {
    let home = &demo();
    let printed = ["export --site 169", "--help", "user invite --help", "--version"];
    for line in COMMANDS.iter().chain(&printed) {
        let output = with_output(home, line, full());
        let said = error(&output);
        assert_eq!(output.status.code(), Some(1), "{line}: {said}");
        let errors: Vec<_> = said.lines().filter(|line| line.starts_with("Error")).collect();
        assert_eq!(errors.len(), 1, "{line}: {said}");
        assert!(said.contains("No space left on device") && !said.contains("panicked"), "{said}");
    }
    assert!(ok(home, "user list --site 169").contains("editor  viewer@patchbay.test  disabled"));
    assert!(ok(home, "keys status").contains("old     0 values"), "the work was done all the same");
}

#[test]
fn an_output_that_nobody_reads_is_no_error() {
    let home = &demo();
    for line in COMMANDS.iter().chain(&["export --site 169", "--help"]) {
        let output = with_output(home, line, closed());
        assert_eq!(output.status.code(), Some(0), "{line}: {}", error(&output));
        assert!(!error(&output).contains("Error"), "{line}: {}", error(&output));
    }
    assert!(ok(home, "keys status").contains("old     0 values"), "the work was done all the same");
}

#[test]
fn an_invitation_whose_link_is_lost_is_withdrawn() {
    let home = &demo();
    for broken in [full, closed] {
        let output = with_output(home, "user invite eve@helpdesk.example --site 169", broken());
        assert_eq!(output.status.code(), Some(1));
        let said = error(&output);
        assert!(said.contains("eve@helpdesk.example is not invited"), "{said}");
    }
    let link = ok(home, "user invite eve@helpdesk.example --site 169");
    let token = link.trim().rsplit('/').next().unwrap();
    let server = serve(home, &[]);
    assert!(server.request(&get(&format!("/invite/{token}"))).starts_with("HTTP/1.1 200"));
}

/// What is logged during one request, with this `RUST_LOG`.
fn log(home: &Home, level: &str) -> String {
    let mut command = patchbay(home, &["serve", "--demo", "--addr", "127.0.0.1:0"]);
    let mut server = start_logging(command.env("RUST_LOG", level));
    assert!(server.request(&get("/healthz")).starts_with("HTTP/1.1 200"));
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let mut log = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    log
}

fn start_logging(command: &mut Command) -> crate::program::Served {
    let program = command.get_program().to_owned();
    let mut copy = Command::new(program);
    copy.args(command.get_args()).env_clear();
    copy.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    copy.current_dir(command.get_current_dir().unwrap());
    start({
        copy.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        copy
    })
}

/// Lines of other crates that are no warnings.
fn foreign(log: &str) -> Vec<&str> {
    log.lines()
        .filter(|line: &&str| {
            let level = line.split_whitespace().nth(1).unwrap_or_default();
            ["INFO", "DEBUG", "TRACE"].contains(&level)
                && !["server", "app", "shared", "tower_http::trace"]
                    .iter()
                    .any(|ours| line.contains(&format!(" {ours}")))
        })
        .collect()
}

#[test]
fn the_log_has_the_requests_and_no_lines_of_other_crates() {
    let home = &Home::new();
    for level in ["trace", "debug", "info", ""] {
        let log = log(home, level);
        assert!(log.contains("route=\"/healthz\""), "{level}: {log}");
        assert_eq!(foreign(&log), [""; 0], "{level}");
        assert!(!log.contains("warning"), "{log}");
    }
    let log = log(home, "info,sqlx=trace");
    assert!(log.contains("warning: RUST_LOG asks for lines of sqlx, which may hold passwords"));
    assert!(!foreign(&log).is_empty(), "control: they can be asked for by name");
}

#[test]
fn a_log_level_that_is_not_understood_is_refused() {
    let home = Home::file();
    let mut command = patchbay(&home, &["check"]);
    let output = command.env("RUST_LOG", "server=loud").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = error(&output);
    assert!(said.contains("RUST_LOG") && said.contains("server=debug"), "{said}");
}

/// The words of an error of a command whose files may not grow beyond a number of blocks of 512 bytes.
fn refused_within(home: &Home, blocks: u32, line: &str) -> String {
    let limited = format!("ulimit -f {blocks}; exec \"$0\" {line}");
    let plain = patchbay(home, &[]);
    let mut command = Command::new("sh");
    command.args(["-c", &limited, &plain.get_program().to_string_lossy()]).current_dir(&**home);
    command.env_clear().envs(plain.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let output = command.output().unwrap();
    let said = error(&output);
    assert_eq!(output.status.code(), Some(1), "{line}: {said}");
    said
}

#[test]
fn a_limit_of_the_size_of_files_is_an_error_and_leaves_no_key_behind() {
    let home = &Home::new();
    // The log of a database that is served goes on behind what the limit allows.
    let _served = serve(home, &["--demo"]);
    if home.postgres().is_some() {
        // Its files are another program's.
        return assert!(refused_within(home, 1, "export --site 169 big.jsonl").contains("Error"));
    }
    let before = ok(home, "keys status");
    for line in ["user disable viewer@patchbay.test --site 169", "keys add", "keys add"] {
        let said = refused_within(home, 64, line);
        assert_eq!(said.matches("disk I/O error").count(), 1, "{line}: {said}");
    }
    assert_eq!(ok(home, "keys status"), before);
    ok(home, "check");
}
