use super::*;
use crate::FieldEdit;

const FACEBOOK: &str = r#"{
    "session": "YQ==:Yg==", "profile": { "name": "Example User", "id": "508654789659284" },
    "token": "EAAGuser",
    "accounts": [
        { "access_token": "EAAGpage1", "category": "Shop", "category_list": [{ "id": "2209", "name": "Shop" }],
          "name": "Jamku", "id": "1903864646522191", "tasks": ["MANAGE"] },
        { "access_token": "EAAGpage2", "name": "Other", "id": "1903864646522192" }
    ]
}"#;

const INSTAGRAM: &str = r#"{
    "session": "YQ==:Yg==", "profile": { "name": "Example User", "id": "508654789659284" },
    "token": "EAAGuser",
    "accounts": [
        { "access_token": "EAAGpage1", "name": "Jamku", "id": "1903864646522191",
          "instagram_business_account": { "id": "17841439754602482", "name": "trycloudy", "username": "trycloudy123" },
          "instagram_accounts": [
            { "id": "17841439754602482", "username": "trycloudy123" },
            { "id": "4887037594655873", "username": "second123", "has_profile_picture": false } ] },
        { "access_token": "EAAGpage2", "name": "Only older", "id": "1903864646522192",
          "instagram_accounts": [{ "id": "4887037594655874", "name": "Named", "username": "third123" }] },
        { "access_token": "EAAGpage3", "name": "None", "id": "1903864646522193" }
    ]
}"#;

const TWITTER: &str = r#"{
    "session": "YQ==:Yg==",
    "profile": { "oauth_token": "1290561158944968704-abc", "oauth_token_secret": "secret45",
                 "user_id": "1290561158944968704", "screen_name": "KuCamera" }
}"#;

fn candidates(provider: Provider, json: &str) -> Result<Vec<Candidate>, NoSession> {
    accounts(provider, json).map(|found| found.candidates)
}

fn of(provider: Provider, json: &str, index: usize) -> Candidate {
    candidates(provider, json).unwrap().swap_remove(index)
}

/// One row of the documents' table: a key, for one provider.
fn row(provider: Provider, json: &str, field: Field, expected: &str) {
    let candidate = of(provider, json, 0);
    let change = FieldEdit::Set(crate::Secret::new(expected.to_owned()));
    assert_eq!(candidate.patch.get(field), Some(&change), "{provider:?} {field:?}");
}

#[test]
fn name() {
    row(Provider::Facebook, FACEBOOK, Field::Name, "Jamku");
    row(Provider::Instagram, INSTAGRAM, Field::Name, "trycloudy");
    row(Provider::Twitter, TWITTER, Field::Name, "KuCamera");
}

#[test]
fn user_id() {
    row(Provider::Facebook, FACEBOOK, Field::UserId, "1903864646522191");
    row(Provider::Instagram, INSTAGRAM, Field::UserId, "1903864646522191");
    row(Provider::Twitter, TWITTER, Field::UserId, "KuCamera");
}

#[test]
fn password() {
    row(Provider::Facebook, FACEBOOK, Field::Password, "EAAGpage1");
    row(Provider::Instagram, INSTAGRAM, Field::Password, "EAAGuser");
    row(Provider::Twitter, TWITTER, Field::Password, "secret45");
}

#[test]
fn from() {
    row(Provider::Facebook, FACEBOOK, Field::From, "1903864646522191");
    row(Provider::Instagram, INSTAGRAM, Field::From, "17841439754602482");
    row(Provider::Twitter, TWITTER, Field::From, "KuCamera");
}

#[test]
fn token() {
    row(Provider::Facebook, FACEBOOK, Field::Token, "EAAGuser");
    row(Provider::Instagram, INSTAGRAM, Field::Token, "EAAGpage1");
    row(Provider::Twitter, TWITTER, Field::Token, "1290561158944968704-abc");
}

#[test]
fn target_id() {
    row(Provider::Facebook, FACEBOOK, Field::TargetId, "1903864646522191");
    row(Provider::Instagram, INSTAGRAM, Field::TargetId, "17841439754602482");
    row(Provider::Twitter, TWITTER, Field::TargetId, "1290561158944968704");
}

#[test]
fn each_account_is_a_candidate_once() {
    let names = |provider, json| {
        let all = candidates(provider, json).unwrap();
        all.into_iter().map(|of| (of.name, of.id, of.page)).collect::<Vec<_>>()
    };
    let own = |name: &str, id: &str| (name.to_owned(), id.to_owned(), None);
    assert_eq!(
        names(Provider::Facebook, FACEBOOK),
        [own("Jamku", "1903864646522191"), own("Other", "1903864646522192")]
    );
    let linked = |name: &str, id: &str, page: &str| (name.into(), id.into(), Some(page.into()));
    assert_eq!(
        names(Provider::Instagram, INSTAGRAM),
        [
            linked("trycloudy", "17841439754602482", "Jamku"),
            // Without a name its username stands in.
            linked("second123", "4887037594655873", "Jamku"),
            linked("Named", "4887037594655874", "Only older"),
        ]
    );
    assert_eq!(names(Provider::Twitter, TWITTER), [own("KuCamera", "1290561158944968704")]);
}

#[test]
fn an_account_with_only_older_links_has_its_pages_token() {
    let candidate = of(Provider::Instagram, INSTAGRAM, 2);
    let set = |text: &str| FieldEdit::Set(crate::Secret::new(text.to_owned()));
    assert_eq!(candidate.patch.get(Field::Token), Some(&set("EAAGpage2")));
    assert_eq!(candidate.patch.get(Field::UserId), Some(&set("1903864646522192")));
}

#[test]
fn an_account_without_a_name_goes_by_what_it_has() {
    for (names, expected) in [
        (r#""name": "", "username": "user""#, "user"),
        (r#""name": null, "username": "user""#, "user"),
        (r#""name": "Name", "username": "user""#, "Name"),
        (r#""username": """#, "17841439754602482"),
    ] {
        let json = format!(
            r#"{{ "token": "t", "accounts": [{{ "access_token": "a", "name": "Jamku", "id": "1",
                "instagram_business_account": {{ "id": "17841439754602482", {names} }} }}] }}"#
        );
        let candidate = of(Provider::Instagram, &json, 0);
        let change = FieldEdit::Set(crate::Secret::new(expected.to_owned()));
        assert_eq!(candidate.patch.get(Field::Name), Some(&change), "{names}");
        assert_eq!(candidate.name, expected);
    }
}

#[test]
fn a_sign_in_without_accounts_has_no_candidates() {
    let none = r#"{ "session": "a:b", "profile": { "name": "a", "id": "1" }, "token": "t", "accounts": [] }"#;
    for provider in [Provider::Facebook, Provider::Instagram] {
        assert_eq!(candidates(provider, none), Ok(vec![]));
        assert_eq!(candidates(provider, r#"{ "token": "t" }"#), Ok(vec![]));
    }
    // Pages, but no account at Instagram.
    assert_eq!(candidates(Provider::Instagram, FACEBOOK), Ok(vec![]));
}

#[test]
fn an_account_that_cannot_be_used_does_not_hide_the_others() {
    let with = |odd: &str| {
        let json = format!(
            r#"{{ "token": "t", "accounts": [
                {{ "access_token": "a", "name": "First", "id": "1" }}, {odd},
                {{ "access_token": "c", "name": "Third", "id": "3" }}] }}"#
        );
        accounts(Provider::Facebook, &json).unwrap()
    };
    for (odd, name, why) in [
        (r#"{ "name": "Second", "id": "2" }"#, "Second", Unusable::NoToken),
        (r#"{ "name": "Second", "id": "2", "access_token": null }"#, "Second", Unusable::NoToken),
        (r#"{ "name": "Second", "id": "2", "access_token": "" }"#, "Second", Unusable::NoToken),
        (r#"{ "name": "Second", "access_token": "b" }"#, "Second", Unusable::NoId),
        (r#"{ "id": "2" }"#, "Page 2", Unusable::NoToken),
        ("7", "Page ?", Unusable::NoId),
        (
            r#"{ "name": "Second", "id": "2", "access_token": "b", "tasks": ["ANALYZE"] }"#,
            "Second",
            Unusable::NoMessages,
        ),
    ] {
        let found = with(odd);
        let names: Vec<_> = found.candidates.iter().map(|of| of.name.as_str()).collect();
        assert_eq!(names, ["First", "Third"], "{odd}");
        let [unusable] = &*found.unusable else { panic!("{odd}: {found:?}") };
        assert_eq!((&*unusable.name, unusable.why), (name, why), "{odd}");
    }
    for (odd, name) in [
        (r#"{ "access_token": "b", "id": 222222222222 }"#, "Page 222222222222".to_owned()),
        (r#"{ "access_token": "b", "id": "2", "name": "" }"#, "Page 2".to_owned()),
        (r#"{ "access_token": "b", "id": "2", "name": "Caf\u0000\n" }"#, "Caf".to_owned()),
        (
            &format!(r#"{{ "access_token": "b", "id": "2", "name": "{:N<300}" }}"#, ""),
            "N".repeat(100),
        ),
        (
            r#"{ "access_token": "b", "id": "2", "name": "S", "instagram_accounts": null }"#,
            "S".to_owned(),
        ),
    ] {
        let found = with(odd);
        assert_eq!((found.candidates.len(), &*found.unusable), (3, &[][..]), "{odd}");
        assert_eq!(found.candidates[1].name, name, "{odd}");
    }
}

#[test]
fn a_page_without_an_account_at_instagram_is_listed_with_the_reason() {
    let found = accounts(Provider::Instagram, INSTAGRAM).unwrap();
    let why: Vec<_> = found.unusable.iter().map(|of| (&*of.name, of.why)).collect();
    assert_eq!(why, [("None", Unusable::NotLinked)]);
    assert!(!found.is_cut);
}

#[test]
fn a_session_is_read_as_people_paste_it() {
    let one = candidates(Provider::Facebook, FACEBOOK).unwrap();
    let wrapped = format!(r#"{{ "_meta": {{ "status": "SUCCESS" }}, "records": {FACEBOOK} }}"#);
    for pasted in [format!("\u{feff}{FACEBOOK}"), wrapped] {
        assert_eq!(candidates(Provider::Facebook, &pasted), Ok(one.clone()));
    }
    assert_eq!(candidates(Provider::Facebook, r#"{ "token": "t", "accounts": null }"#), Ok(vec![]));
    let cut = r#"{ "token": "t", "accounts": [], "accountsCut": true }"#;
    assert!(accounts(Provider::Facebook, cut).unwrap().is_cut);
}

#[test]
fn anything_else_is_no_session() {
    for text in ["", "{}", "[]", "null", r#"{"token":1}"#, r#"{"profile":{}}"#] {
        for provider in Provider::ALL {
            assert_eq!(candidates(provider, text), Err(NoSession), "{text}");
        }
    }
    assert_eq!(candidates(Provider::Twitter, FACEBOOK), Err(NoSession));
    assert_eq!(candidates(Provider::Facebook, TWITTER), Err(NoSession));
}

#[test]
fn providers_have_their_channels_and_names() {
    for provider in Provider::ALL {
        assert_eq!(Provider::from_slug(provider.slug()), Some(provider));
        assert_eq!(provider.channel().provider(), Some(provider));
    }
    assert_eq!(Channel::EmailInbound.provider(), None);
}
