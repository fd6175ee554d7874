use super::*;

const START: i64 = 1_600_000_000;
const CALLER: TokenCaller = TokenCaller { user: UserId(7), site: SiteId(169), version: 2 };

fn tokens(keys: &[(i64, &[u8])]) -> Tokens {
    let keys: Vec<_> = keys.iter().map(|(id, secret)| (*id, secret.to_vec())).collect();
    Tokens::new(&keys).unwrap()
}

fn after(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

#[test]
fn a_token_lasts_900_seconds() {
    let tokens = tokens(&[(1, b"a secret of the test")]);
    let token = tokens.issue(CALLER, after(0)).unwrap();
    assert_eq!(tokens.read(&token, after(0)), Ok(CALLER));
    assert_eq!(tokens.read(&token, after(899)), Ok(CALLER));
    assert_eq!(tokens.read(&token, after(900)), Err(TokenError::Expired));
    assert_eq!(tokens.read(&token, after(901)), Err(TokenError::Expired));
    assert_eq!(tokens.read(&token, after(-1)), Err(TokenError::Invalid));
}

#[test]
fn keys_rotate() {
    let old = tokens(&[(1, b"first")]);
    let both = tokens(&[(1, b"first"), (2, b"second")]);
    let by_old = old.issue(CALLER, after(0)).unwrap();
    let by_new = both.issue(CALLER, after(0)).unwrap();
    assert_eq!(both.read(&by_old, after(0)), Ok(CALLER));
    assert_eq!(both.read(&by_new, after(0)), Ok(CALLER));
    assert_eq!(old.read(&by_new, after(0)), Err(TokenError::Invalid));
    assert!(old.has_newer_key(&by_new) && !both.has_newer_key(&by_new));
    assert!(!old.has_newer_key("x") && !old.has_newer_key(&by_old));
    // The same number with another content.
    let other = tokens(&[(2, b"first"), (3, b"third")]);
    assert_eq!(other.read(&by_new, after(0)), Err(TokenError::Invalid));
}
