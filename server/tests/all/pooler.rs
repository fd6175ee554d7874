//! A pooler between the program and PostgreSQL: it works, or is refused with what to do, and no key is lost.
//! There is nothing to see on SQLite.

use crate::program::{Home, patchbay, run, serve};
use sqlx::postgres::PgConnectOptions;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::MetadataExt,
    process::{Child, Command, Stdio},
    str::FromStr,
    thread,
    time::Duration,
};

/// A pooler that runs until it is dropped.
struct Pooler {
    child: Child,
    url: String,
}

impl Pooler {
    /// With these lines of its configuration.
    fn new(home: &Home, settings: &str) -> Option<Self> {
        let options = PgConnectOptions::from_str(home.postgres()?).unwrap();
        let (host, user) = (options.get_host(), options.get_username());
        let name = options.get_database().unwrap();
        // Somebody else could take it in between; then the pooler does not start, and the test fails.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = home.join(format!("pgbouncer-{port}.ini"));
        // The role's password is its name.
        let text = format!(
            "[databases]\n{name} = host={host} port={} user={user} password={user}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             server_tls_sslmode = disable\n{settings}\n",
            options.get_port()
        );
        fs::write(&file, text).unwrap();
        let mut command = Command::new("/usr/sbin/pgbouncer");
        command.arg("-q").stdout(Stdio::null()).stderr(Stdio::null());
        // It refuses to run as root.
        if fs::metadata(&file).unwrap().uid() == 0 {
            command.args(["-u", "nobody"]);
        }
        let mut child = command.arg(&file).spawn().unwrap();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "the pooler ended");
            thread::sleep(Duration::from_millis(50));
        }
        let url = format!("postgres://{user}:{user}@127.0.0.1:{port}/{name}");
        Some(Self { child, url })
    }

    /// Runs a command through it; returns whether it succeeded, and all that it said.
    fn run(&self, home: &Home, line: &str) -> (bool, String) {
        let mut args: Vec<_> = line.split(' ').collect();
        args.extend(["--database-url", &self.url]);
        said(run(home, &args, "a long password\n"))
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(output: std::process::Output) -> (bool, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn directly(home: &Home, line: &str) -> (bool, String) {
    said(run(home, &line.split(' ').collect::<Vec<_>>(), ""))
}

/// A database with secrets, which nobody serves.
fn home() -> Home {
    let home = Home::new();
    serve(&home, &["--demo"]).stop();
    home
}

#[test]
fn in_session_mode_it_works_whatever_start_up_parameters_the_pooler_drops() {
    for ignored in ["", "ignore_startup_parameters = extra_float_digits, options"] {
        let home = &home();
        let Some(pooler) = Pooler::new(home, &format!("pool_mode = session\n{ignored}")) else {
            return;
        };
        let (works, text) = pooler.run(home, "check");
        assert!(works && text.contains("all 12 secrets open"), "{ignored}: {text}");
        let (works, text) = pooler.run(home, "keys add");
        assert!(works, "{ignored}: {text}");
        let (works, text) = pooler.run(home, "keys rotate --forget-old");
        assert!(works && text.contains("10 values were sealed again"), "{ignored}: {text}");
        assert!(text.contains("1 old keys are forgotten"), "{ignored}: {text}");
        let (works, text) = directly(home, "check");
        assert!(works && text.contains("all 13 secrets open"), "{ignored}: {text}");
    }
}

#[test]
fn a_pooler_that_gives_each_transaction_another_session_is_refused() {
    let ignored = "ignore_startup_parameters = extra_float_digits, options";
    for more in [
        "",
        ignored,
        "server_round_robin = 1",
        "default_pool_size = 2",
        "server_reset_query_always = 1",
    ] {
        let home = &home();
        let settings = format!("pool_mode = transaction\n{more}");
        let Some(pooler) = Pooler::new(home, &settings) else { return };
        // The pooler then has several sessions at hand, as one that others use has.
        for line in
            ["check", "keys add", "keys rotate --forget-old", "user list --site 169", "check"]
        {
            let (works, text) = pooler.run(home, line);
            assert!(!works && text.contains("Use session mode"), "{more}, {line}: {text}");
        }
        let (works, text) = directly(home, "check");
        assert!(works && text.contains("all 12 secrets open"), "{more}: {text}");
    }
}

#[test]
fn a_server_does_not_start_behind_such_a_pooler() {
    let home = &home();
    let Some(pooler) = Pooler::new(home, "pool_mode = statement") else { return };
    let args = ["serve", "--addr", "127.0.0.1:0", "--database-url", &pooler.url];
    let (works, text) = said(patchbay(home, &args).output().unwrap());
    assert!(!works && text.contains("Use session mode"), "{text}");
    assert!(!text.contains("listening"), "{text}");
}
