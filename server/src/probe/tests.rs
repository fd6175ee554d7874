use super::{resolve::Resolve, *};
use crate::provider::ProviderSettings;
use async_trait::async_trait;
use shared::Field;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
};

#[test]
fn nothing_with_a_line_break_goes_to_a_server() {
    let good = ["mail.example", "anna", "pass word", "anna@mail.example"];
    assert_eq!(check(&good), Ok(()));
    let keys = [Key::Host, Key::UserId, Key::Password, Key::From];
    for (index, key) in keys.into_iter().enumerate() {
        for char in ["\r", "\n", "\0"] {
            let mut values = good;
            let broken = format!("a{char}b");
            values[index] = &broken;
            assert_eq!(check(&values).unwrap_err().field, Some(key));
        }
    }
}

#[tokio::test]
async fn no_goodbye_is_waited_for_long() {
    let (progress, _stages) = mpsc::channel(1);
    let scrubber = Scrubber::new(&mailbox("mail.example", 993), &ProviderSettings::default());
    let timeouts = Timeouts::default();
    let run = Run {
        progress: &progress,
        timeouts,
        now: Timestamp::UNIX_EPOCH,
        end: Instant::now() + timeouts.test,
        scrubber,
    };
    let leaves = run.leave(std::future::pending::<()>());
    tokio::time::timeout(GOODBYE_TIMEOUT * 3, leaves).await.expect("it left");
}

/// A bug that whatever comes from outside brings to light.
#[derive(Debug)]
struct Panics;

#[async_trait]
impl Resolve for Panics {
    async fn lookup(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        panic!("a bug in a test of a connection")
    }
}

impl Probe {
    /// Panics in each test of a mail server.
    pub(crate) fn panicking() -> Self {
        let probe = Self::new(ProbeSettings::default(), Arc::default());
        Self { resolver: Box::new(Panics), ..probe }
    }
}

fn settings(allowed: &str, port: u16) -> ProbeSettings {
    ProbeSettings {
        allowed: vec![allowed.parse().unwrap()],
        ports: vec![(port, Encryption::StartTls)],
        timeouts: Timeouts { connect: Duration::from_secs(3), ..Timeouts::default() },
        ..ProbeSettings::default()
    }
}

fn mailbox(host: &str, port: u16) -> Connection {
    let mut connection = Connection::new("EMAIL", Some("PVD9"));
    connection.set(Field::Host, Some(host.into()));
    connection.set(Field::Port, Some(port.to_string()));
    connection
}

/// All stages of a test.
async fn stages(probe: &Probe, connection: &Connection) -> Vec<Stage> {
    let (progress, mut stages) = mpsc::channel(9);
    probe.run(connection, Timestamp::UNIX_EPOCH, &progress).await;
    drop(progress);
    let mut all = vec![];
    while let Some(stage) = stages.recv().await {
        all.push(stage);
    }
    all
}

#[tokio::test]
async fn a_test_ends_when_nobody_listens() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let probe = Probe::new(settings("127.0.0.0/8", port), Arc::default());
    let connection = mailbox("127.0.0.1", port);
    let (progress, mut stages) = mpsc::channel::<Stage>(9);
    let leaves = async move {
        let connected = [stages.recv().await, stages.recv().await];
        assert!(connected.iter().flatten().all(|stage| stage.ok), "{connected:?}");
        drop(stages);
    };
    // A server's silence would be waited for.
    let both =
        async { tokio::join!(probe.run(&connection, Timestamp::UNIX_EPOCH, &progress), leaves) };
    tokio::time::timeout(Timeouts::default().greeting / 2, both).await.expect("it ended");
}

/// Answers with the next of its addresses each time.
#[derive(Debug)]
struct Rebinding(Vec<Vec<Ipv4Addr>>, Arc<AtomicUsize>);

#[async_trait]
impl Resolve for Rebinding {
    async fn lookup(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let addrs = &self.0[self.1.fetch_add(1, Ordering::Relaxed) % self.0.len()];
        Ok(addrs.iter().map(|addr| (*addr, port).into()).collect())
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_the_next_time_leads_nowhere_else() {
    let (allowed, refused) = (Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::LOCALHOST);
    let good = TcpListener::bind((allowed, 0)).await.unwrap();
    let port = good.local_addr().unwrap().port();
    let evil = TcpListener::bind((refused, port)).await.unwrap();
    let lookups = Arc::<AtomicUsize>::default();
    let probe = |answers| Probe {
        resolver: Box::new(Rebinding(answers, lookups.clone())),
        ..Probe::new(settings("127.0.0.2/32", port), Arc::default())
    };
    let connection = mailbox("rebinding.example", port);

    let probes = probe(vec![vec![allowed], vec![refused]]);
    let test = stages(&probes, &connection);
    let (all, came) = tokio::join!(test, async {
        let (stream, _) = good.accept().await.unwrap();
        drop(stream);
    });
    let () = came;
    assert_eq!(lookups.load(Ordering::Relaxed), 1, "{all:?}");
    assert!(all[0].ok && all[1].ok, "{all:?}");

    // Of several, none may be one that is refused.
    let mixed = stages(&probe(vec![vec![allowed, refused]]), &connection).await;
    assert_eq!((mixed.len(), mixed[0].stage, mixed[0].ok), (1, Step::Resolve, false), "{mixed:?}");
    let wait = tokio::time::timeout(Duration::from_millis(50), evil.accept()).await;
    assert!(wait.is_err(), "nobody came to the other address");
}

/// A network with a translator of its own, where some names are the operator's.
#[derive(Debug)]
struct Translated;

#[async_trait]
impl Resolve for Translated {
    async fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let addrs: &[&str] = match host {
            "ipv4only.arpa" => &["192.0.0.170", "2606:ff9b::c000:aa"],
            "inside.example" => &["10.0.0.5"],
            "translated.example" => &["2606:ff9b::a00:5"],
            "mixed.example" => &["198.41.0.4", "2606:ff9b::7f00:1"],
            _ => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(addrs.iter().map(|addr| (addr.parse::<IpAddr>().unwrap(), port).into()).collect())
    }
}

#[tokio::test]
async fn a_name_within_the_network_is_refused_as_one_that_is_nowhere() {
    let probe = Probe {
        resolver: Box::new(Translated),
        ..Probe::new(ProbeSettings::default(), Arc::default())
    };
    let failure = async |host: &str| {
        let mut all = stages(&probe, &mailbox(host, 993)).await;
        assert_eq!((all.len(), all[0].stage), (1, Step::Resolve), "{host}: {all:?}");
        let failure = all.remove(0).failure.unwrap();
        Failure { explanation: failure.explanation.replace(host, "$host"), ..failure }
    };
    let nowhere = failure("nowhere.example").await;
    assert_eq!(nowhere.explanation, "Server $host not found on the internet.");
    assert!(nowhere.advice.starts_with("If it is on your network, your operator must allow it"));
    for host in ["inside.example", "translated.example", "mixed.example"] {
        assert_eq!(failure(host).await, nowhere, "{host}");
    }
    for literal in ["10.0.0.5", "2606:ff9b::a00:5", "64:ff9b::a00:5", "[::1]"] {
        assert_eq!(failure(literal).await.explanation, "This address is blocked for tests.");
    }
}

#[tokio::test]
async fn a_closed_port_and_one_that_swallows_what_comes_are_reported_alike() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    // Its queue is full, so that it drops what else comes, as a filter does.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let filtered = full.local_addr().unwrap().port();
    let mut queue = vec![];
    for _ in 0..4 {
        let connect = TcpStream::connect((Ipv4Addr::LOCALHOST, filtered));
        queue.push(tokio::time::timeout(Duration::from_millis(300), connect).await);
    }
    assert!(queue.iter().any(Result::is_err), "it drops what comes");
    let failure = async |port: u16| {
        let probe = Probe::new(settings("127.0.0.0/8", port), Arc::default());
        let mut all = stages(&probe, &mailbox("127.0.0.1", port)).await;
        let last = all.pop().unwrap();
        assert_eq!(last.stage, Step::Connect, "{last:?}");
        let failure = last.failure.unwrap();
        let explanation = failure.explanation.replace(&port.to_string(), "$port");
        Failure { explanation, ..failure }
    };
    assert_eq!(failure(closed).await, failure(filtered).await);
}
