//! The `patchbay` program, as an operator runs it.

use crate::cluster::{Cluster, Created, Place, wait};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    ops::Deref,
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

pub fn run(home: &Home, args: &[&str], input: &str) -> Output {
    let mut child = patchbay(home, args).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// A server that was started, and the address it printed.
pub struct Served {
    child: Child,
    pub addr: String,
}

pub fn serve(home: &Home, args: &[&str]) -> Served {
    // By itself it would test connections against whatever their hosts are, and change what is compared.
    let serve = ["serve", "--addr", "127.0.0.1:0", "--test-every", "0"];
    let args: Vec<_> = serve.iter().chain(args).copied().collect();
    let mut child = patchbay(home, &args).spawn().unwrap();
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

    fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
    ] {
        let output = run(&home, &[vec!["serve", "--addr", "127.0.0.1:0"], args].concat(), "");
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(expected) && !text.contains("canary"), "{text}");
    }
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
    server.terminate();
    thread::sleep(Duration::from_millis(200));
    stream.write_all(last.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(server.child.wait().unwrap().success());
    assert!(TcpStream::connect(&server.addr).is_err());
}
