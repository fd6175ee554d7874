use super::*;
use std::{fs, os::unix::fs::PermissionsExt};

const PLACE: SecretLocation = SecretLocation::row(SecretColumn::Password, SiteId(169), 612);

fn vault() -> (tempfile::TempDir, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::new(folder.path().join("keys/ring"));
    vault.create().unwrap();
    (folder, vault)
}

#[test]
fn what_is_sealed_opens_in_its_place_alone() {
    let (_folder, vault) = vault();
    let sealed = vault.seal(&PLACE, b"one_box#123").unwrap();
    assert_eq!(vault.open_text(&PLACE, &sealed).unwrap().expose(), "one_box#123");
    for place in [
        SecretLocation { cell: SecretColumn::Token, ..PLACE },
        SecretLocation { cell: SecretColumn::PreviousSecret, ..PLACE },
        SecretLocation { site: SiteId(170), ..PLACE },
        SecretLocation { row: 613, ..PLACE },
        SecretLocation { bound: "another destination".to_owned(), ..PLACE },
    ] {
        assert!(matches!(vault.open(&place, &sealed), Err(VaultError::Broken(_))), "{place}");
    }
}

/// Each bit of a sealed value counts, and so does its length.
#[test]
fn a_changed_value_does_not_open() {
    let (_folder, vault) = vault();
    let sealed = vault.seal(&PLACE, b"one_box#123").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(vault.open(&PLACE, &flipped).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(vault.open(&PLACE, &sealed[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn equal_values_are_sealed_differently() {
    let (_folder, vault) = vault();
    let sealed = || vault.seal(&PLACE, b"same").unwrap();
    assert_ne!(sealed(), sealed());
}

#[test]
fn a_new_key_seals_and_old_ones_still_open() {
    let (_folder, vault) = vault();
    let old = vault.seal(&PLACE, b"old").unwrap();
    // As another process does it.
    let id = Vault::new(vault.path().to_owned()).add_key().unwrap();
    let new = vault.seal(&PLACE, b"new").unwrap();
    assert_eq!(key_of(&new), Some(id));
    assert_ne!(key_of(&old), Some(id));
    assert_eq!(vault.open(&PLACE, &old).unwrap(), b"old");
    assert_eq!(vault.open(&PLACE, &new).unwrap(), b"new");
    let (ours, other) = (KeyId([1; 8]), KeyId([2; 8]));
    vault.add_database(ours).unwrap();
    vault.add_database(ours).unwrap();
    let first = vault.keys().unwrap()[0];
    assert!(matches!(vault.forget_all_but(first, ours), Err(VaultError::Changed)));
    assert_eq!(vault.keys().unwrap().len(), 2);
    assert_eq!(vault.forget_all_but(id, ours).unwrap(), 1);
    let fresh = Vault::new(vault.path().to_owned());
    assert_eq!(fresh.keys().unwrap(), [id]);
    assert!(matches!(fresh.open(&PLACE, &old), Err(VaultError::UnknownKey { .. })));
    // The old keys may be another database's.
    fresh.add_database(other).unwrap();
    let newest = fresh.add_key().unwrap();
    assert!(matches!(fresh.forget_all_but(newest, ours), Err(VaultError::Shared(_))));
    assert_eq!(fresh.keys().unwrap().len(), 2);
}

#[test]
fn first_starts_at_once_make_one_ring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring");
    let start = || {
        let vault = Vault::new(path.clone());
        vault.create().unwrap();
        vault.active().unwrap()
    };
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..16).map(|_| scope.spawn(start)).collect();
        let keys: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
        assert!(keys.iter().all(|key| *key == keys[0]));
    });
}

#[test]
fn a_folder_is_no_key_ring() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::new(folder.path().to_owned());
    let Err(VaultError::File { source, .. }) = vault.active() else { panic!("it was taken") };
    assert_eq!(source.kind(), std::io::ErrorKind::IsADirectory);
}

#[test]
fn the_file_is_its_owners_alone() {
    let (_folder, vault) = vault();
    let mode = |mode| fs::set_permissions(vault.path(), fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(fs::metadata(vault.path()).unwrap().permissions().mode() & 0o777, 0o600);
    mode(0o640);
    assert!(matches!(vault.active(), Err(VaultError::Open(_))));
    mode(0o600);
    vault.active().unwrap();
}

#[test]
fn what_is_no_key_ring_is_said_with_its_line() {
    let (_folder, vault) = vault();
    fs::write(vault.path(), "# a comment\n\n0011223344556677 short\n").unwrap();
    let error = Vault::new(vault.path().to_owned()).active().unwrap_err();
    assert!(matches!(error, VaultError::Malformed { line: 3, .. }), "{error}");
    fs::remove_file(vault.path()).unwrap();
    assert!(matches!(vault.active(), Err(VaultError::Missing(_))));
}
