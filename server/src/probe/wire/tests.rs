use super::*;
use proptest::prelude::*;
use tokio::io::{DuplexStream, duplex};

/// A conversation, and its other end.
fn pair() -> (Wire, DuplexStream) {
    let (ours, theirs) = duplex(256 << 10);
    (Wire::new(ours), theirs)
}

/// A conversation with a server that sends this, and ends.
async fn hearing(bytes: &[u8]) -> Wire {
    let (wire, mut server) = pair();
    server.write_all(bytes).await.unwrap();
    wire
}

#[tokio::test]
async fn a_line_ends_with_or_without_a_carriage_return() {
    let mut wire = hearing("one\r\ntwo\n\r\nvier € \r\n".as_bytes()).await;
    for line in ["one", "two", "", "vier €"] {
        assert_eq!(wire.line().await.unwrap(), line);
    }
    assert!(matches!(wire.line().await, Err(WireError::Lost(_))));
}

#[tokio::test]
async fn what_is_not_utf_8_is_latin_1() {
    assert_eq!(hearing(b"Ung\xfcltig\r\n").await.line().await.unwrap(), "Ungültig");
}

#[tokio::test]
async fn a_line_that_is_cut_off_is_an_error() {
    assert!(matches!(hearing(b"* OK").await.line().await, Err(WireError::Lost(_))));
}

#[tokio::test]
async fn a_line_of_8_kib_is_the_longest() {
    let line = |length: usize| [vec![b'a'; length - 2], b"\r\n".to_vec()].concat();
    assert_eq!(hearing(&line(8192)).await.line().await.unwrap().len(), 8190);
    let mut wire = hearing(&line(8193)).await;
    assert!(matches!(wire.line().await, Err(WireError::TooMuch)));
    assert!(wire.buffer.capacity() <= MAX_LINE_BYTES, "{}", wire.buffer.capacity());
}

#[tokio::test]
async fn a_conversation_of_64_kib_is_the_longest() {
    let mut wire = hearing(&b"1234567\n".repeat(9000)).await;
    for _ in 0..8192 {
        assert_eq!(wire.line().await.unwrap(), "1234567");
    }
    assert!(matches!(wire.line().await, Err(WireError::TooMuch)));
}

#[tokio::test]
async fn an_announced_length_is_refused_before_anything_is_read() {
    let (mut wire, _server) = pair();
    // The server sends nothing: to wait for it would never end.
    assert!(matches!(wire.skip(MAX_LINE_BYTES + 1).await, Err(WireError::TooMuch)));
    assert!(matches!(wire.skip(usize::MAX).await, Err(WireError::TooMuch)));
    let mut wire = hearing(&[&[b'x'; MAX_LINE_BYTES], &b"next\r\n"[..]].concat()).await;
    wire.skip(MAX_LINE_BYTES).await.unwrap();
    assert_eq!(wire.line().await.unwrap(), "next");
}

#[tokio::test]
async fn no_line_is_sent_that_would_be_two() {
    let (mut wire, mut server) = pair();
    for line in ["a\nb", "a\rb", "a\0b"] {
        assert!(matches!(wire.send(line).await, Err(WireError::Unsendable)));
    }
    wire.send("a").await.unwrap();
    drop(wire);
    let mut sent = String::new();
    server.read_to_string(&mut sent).await.unwrap();
    assert_eq!(sent, "a\r\n");
}

#[tokio::test]
async fn what_was_said_in_clear_is_not_read_as_if_it_had_come_encrypted() {
    let mut wire = hearing(b"220 go\r\n250 injected\r\n").await;
    wire.line().await.unwrap();
    assert!(matches!(wire.into_parts(), Err(WireError::Injected)));
    let mut wire = hearing(b"220 go\r\n").await;
    wire.line().await.unwrap();
    let (_, budget) = wire.into_parts().unwrap();
    assert_eq!(budget, MAX_CONVERSATION_BYTES - 8, "it is one conversation");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_comes_the_buffer_does_not_grow(bytes in prop::collection::vec(any::<u8>(), 0..70_000)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut wire = hearing(&bytes).await;
            while wire.line().await.is_ok() {}
            assert!(wire.buffer.capacity() <= MAX_LINE_BYTES);
        });
    }
}
