//! The `patchbay` program, as an operator runs it.
//! A start of the program with each of its options is one story.

use crate::cluster::{Cluster, Created, Place, wait};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    ops::Deref,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};
use tempfile::{TempDir, tempdir};

/// The folder that an operator works in, and the database: on PostgreSQL if `TEST_DATABASE_URL` names a
/// cluster, else a file in that folder.
pub struct Home {
    folder: TempDir,
    database: Option<Created>,
}

impl Home {
    pub fn new() -> Self {
        let database = Cluster::of_the_tests().and_then(|cluster| {
            match wait(async move { cluster.create().await }) {
                Place::Cluster(database) => Some(database),
                Place::File => None,
            }
        });
        Self { folder: tempdir().unwrap(), database }
    }

    /// With a file, for what is about files.
    pub fn file() -> Self {
        Self { folder: tempdir().unwrap(), database: None }
    }

    /// The address of the database, if it is no file.
    pub fn postgres(&self) -> Option<&str> {
        self.database.as_ref().map(|database| &*database.url)
    }
}

impl Deref for Home {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.folder.path()
    }
}

pub fn patchbay(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
    command.current_dir(&**home).args(args).env_clear();
    command.env("PATCHBAY_KEY_FILE", home.join("keys/ring"));
    command.envs(home.postgres().map(|url| ("DATABASE_URL", url)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Sends a signal to a process.
pub fn send(signal: &str, child: &Child) {
    let (signal, id) = (format!("-{signal}"), child.id().to_string());
    assert!(Command::new("kill").args([signal, id]).status().unwrap().success());
}

pub fn run(home: &Home, args: &[&str], input: &str) -> Output {
    let mut child = patchbay(home, args).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// A server that was started, and the address it printed.
pub struct Served {
    pub child: Child,
    pub addr: String,
}

pub fn serve(home: &Home, args: &[&str]) -> Served {
    // By itself it would test connections against whatever their hosts are, and change what is compared.
    let serve = ["serve", "--addr", "127.0.0.1:0", "--test-every", "0"];
    let args: Vec<_> = serve.iter().chain(args).copied().collect();
    start(patchbay(home, &args))
}

/// Starts a command that serves.
pub fn start(mut command: Command) -> Served {
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let addr = line.trim().strip_prefix("listening on http://").expect(&line).to_owned();
    Served { child, addr }
}

impl Served {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    pub fn request(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends it as an operator does.
    pub fn stop(mut self) {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success());
    }

    pub fn signal(&self, signal: &str) {
        send(signal, &self.child);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request without a token or a body.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

pub fn sign_in(email: &str, password: &str, site: &str) -> String {
    let body = format!(r#"{{"email":"{email}","password":"{password}","siteId":"{site}"}}"#);
    format!(
        "POST /api/authenticate HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn sites_and_users_are_added_and_sign_in() {
    let home = Home::new();
    let text = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let add_user = ["user", "add", "Ann@helpdesk.example", "--site", "7"];
    let early = run(&home, &add_user, "a long password\n");
    assert!(!early.status.success());
    assert!(text(&early).contains("there is no database at"));
    assert!(run(&home, &["site", "add", "7", "Seven"], "").status.success());
    let again = run(&home, &["site", "add", "7", "Seven"], "");
    assert!(text(&again).contains("there is a site 7 already"));
    assert!(!run(&home, &add_user, "\n").status.success(), "an empty password");
    assert!(run(&home, &add_user, "a long password\n").status.success());

    let server = serve(&home, &[]);
    assert!(
        server
            .request(&sign_in("ann@helpdesk.example", "a long password", "7"))
            .contains("\"token\"")
    );
    let health = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert!(server.request(health).ends_with("\r\n\r\nok"));
}

#[test]
fn the_demo_listens_on_loopback_only() {
    let home = Home::new();
    let output = run(&home, &["serve", "--demo", "--addr", "0.0.0.0:0"], "");
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("--demo has passwords that everybody knows"), "{text}");
}

#[test]
fn the_demo_leaves_a_database_that_is_in_use_alone() {
    let home = Home::new();
    assert!(run(&home, &["site", "add", "7", "Seven"], "").status.success());
    let server = serve(&home, &["--demo"]);
    let answer = server.request(&sign_in("demo@patchbay.test", "patchbay-demo", "169"));
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let home = Home::new();
    for (args, expected) in [
        (
            vec!["--database-url", "mysql://user:canary@h/db"],
            "must begin with sqlite:// or postgres://",
        ),
        (vec!["--time-zone", "Nowhere"], "Nowhere is no time zone"),
        (vec!["--quota-window", "18"], "a window is two different times of day"),
        (vec!["--demo-rows", "5"], "--demo"),
        (vec!["--test-ca", "/dev/null"], "there is no certificate (PEM) in /dev/null"),
        (vec!["--facebook-app-id", "1"], "--facebook-app-secret-file"),
        (
            vec!["--twitter-api-key", "1", "--twitter-api-secret-file", "/dev/null"],
            "/dev/null is empty",
        ),
        (vec!["--database-url", "sqlite::memory:"], "would be lost at the end"),
        (vec!["--database-url", "postgres://u:canary#@127.0.0.1:1/x"], "# as %23"),
        (vec!["--database-url", "sqlite://nowhere/x.db"], "nowhere/x.db could not be opened"),
    ] {
        let output = run(&home, &[vec!["serve", "--addr", "127.0.0.1:0"], args].concat(), "");
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(expected) && !text.contains("canary"), "{text}");
    }
}

#[test]
fn a_database_that_is_not_reached_is_named_without_its_password() {
    let home = Home::file();
    let url = "postgres://u:canary@[::1]:1/x";
    let output = run(&home, &["check", "--database-url", url], "");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("the database at [::1]:1 could not be opened"), "{text}");
    assert!(
        text.contains("refused") || text.contains("Cannot assign"),
        "the address is used: {text}"
    );
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn a_request_that_runs_is_finished_before_the_server_stops() {
    let home = Home::new();
    let mut server = serve(&home, &["--demo", "--demo-rows", "3"]);
    // The body's last byte comes only after the signal.
    let request = sign_in("demo@patchbay.test", "patchbay-demo", "169");
    let (head, last) = request.split_at(request.len() - 1);
    let mut stream = server.connect();
    stream.write_all(head.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(200));
    server.signal("TERM");
    thread::sleep(Duration::from_millis(200));
    stream.write_all(last.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(server.child.wait().unwrap().success());
    assert!(TcpStream::connect(&server.addr).is_err());
}

/// What a server writes to standard error until it has answered a request and ends.
fn said(home: &Home, args: &[&str], env: &[(&str, &str)]) -> String {
    let addr = if args.contains(&"--addr") { &[][..] } else { &["--addr", "127.0.0.1:0"] };
    let args = [&["serve", "--test-every", "0"], addr, args].concat();
    let mut command = patchbay(home, &args);
    command.envs(env.iter().copied());
    let mut server = start(command);
    assert!(server.request(&get("/healthz")).starts_with("HTTP/1.1 200"));
    server.signal("TERM");
    assert!(server.child.wait().unwrap().success());
    let mut text = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn what_an_operator_should_know_is_said_at_the_start() {
    let home = Home::file();
    let quiet = said(&home, &[], &[]);
    assert!(!quiet.contains("warning") && !quiet.contains("WARN"), "control: {quiet}");
    let open = said(&home, &["--addr", "0.0.0.0:0"], &[]);
    assert!(open.contains("plain http"), "{open}");
    let wide = said(&home, &["--trusted-proxies", "10.0.0.0/8"], &[]);
    assert!(wide.contains("can claim any address"), "{wide}");
    let app = ["--twitter-api-key", "1", "--twitter-api-secret", "canary"];
    let secret = said(&home, &app, &[]);
    assert!(secret.contains("can read the secret in --twitter-api-secret"), "{secret}");
    assert!(!secret.contains("canary"), "{secret}");
}

#[test]
fn help_shows_no_secret_of_the_environment() {
    let home = Home::file();
    for command in [&["serve"][..], &["check"], &["user", "list"]] {
        let mut command = patchbay(&home, &[command, &["--help"]].concat());
        for name in ["DATABASE_URL", "PATCHBAY_FACEBOOK_APP_SECRET", "PATCHBAY_TWITTER_API_SECRET"]
        {
            command.env(name, "canary");
        }
        let help = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(help.contains("DATABASE_URL") && !help.contains("canary"), "{help}");
    }
}

#[test]
fn an_empty_database_says_what_comes_next() {
    let home = Home::new();
    let first_lines = |count| {
        let args = ["serve", "--test-every", "0", "--addr", "127.0.0.1:0"];
        let mut child = patchbay(&home, &args).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(count);
        let lines: Vec<_> = lines.map(Result::unwrap).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        lines.concat()
    };
    let lines = first_lines(3);
    assert!(lines.contains("patchbay site add 1"), "{lines}");
}

#[test]
fn a_hangup_ends_the_server_gracefully_unless_it_is_ignored() {
    let home = Home::new();
    let mut server = serve(&home, &[]);
    server.signal("HUP");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));

    let inner = patchbay(&home, &["serve", "--test-every", "0", "--addr", "127.0.0.1:0"]);
    let mut command = Command::new("nohup");
    command.arg(inner.get_program()).args(inner.get_args()).current_dir(&*home).env_clear();
    let env = inner.get_envs().filter_map(|(name, value)| Some((name, value?)));
    command.envs(env).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = start(command);
    server.signal("HUP");
    for _ in 0..20 {
        assert!(server.request(&get("/healthz")).starts_with("HTTP/1.1 200"));
    }
}

/// A process's user and group, as the kernel shows them to others: root's if its memory is nobody's to read.
fn shown_owner(child: &Child) -> (u32, u32) {
    let environ = fs::metadata(format!("/proc/{}/environ", child.id())).unwrap();
    (environ.uid(), environ.gid())
}

#[test]
fn the_memory_of_a_server_is_kept_from_others_and_from_disk() {
    /// Of nobody in particular: root alone may take it, and looks like root without it.
    const GROUP: u32 = 12345;
    let home = Home::new();
    let is_root = fs::metadata("/proc/self/environ").unwrap().uid() == 0;
    let in_group = |command: &mut Command| {
        if is_root {
            command.gid(GROUP);
        }
    };
    let mut command = patchbay(&home, &["serve", "--test-every", "0", "--addr", "127.0.0.1:0"]);
    in_group(&mut command);
    let server = start(command);
    assert_eq!(shown_owner(&server.child), (0, 0));
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"]);

    let mut command = Command::new("cat");
    in_group(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
    let mut other = command.spawn().unwrap();
    // Its answer shows that it has become that program.
    other.stdin.as_mut().unwrap().write_all(b"x").unwrap();
    other.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    assert_ne!(shown_owner(&other), (0, 0), "control");
    other.kill().unwrap();
    other.wait().unwrap();
}

/// At a terminal a password is asked for twice; `script` is one.
#[test]
fn a_new_password_is_asked_for_twice_at_a_terminal() {
    let home = Home::new();
    assert!(run(&home, &["site", "add", "7", "Seven"], "").status.success());
    let typed = |lines: &str| {
        let inner = patchbay(&home, &[]);
        let line = format!(
            "'{}' user add ann@helpdesk.example --site 7",
            inner.get_program().to_str().unwrap()
        );
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(&*home);
        let env = inner.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.envs(env).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (done, said) = typed("a long password\na wrong password\n");
    assert!(!done && said.contains("the two passwords differ"), "{said}");
    let (done, said) = typed("a long password\na long password\n");
    assert!(done && said.contains("may now sign in"), "{said}");
}
