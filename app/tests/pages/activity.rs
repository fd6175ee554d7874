//! The activity's page.

use crate::render::page;
use shared::Role;

#[tokio::test]
async fn filters_are_kept_on_the_way_through_the_pages() {
    let (_, html) = page(Role::Viewer, "/activity?channel=instagram&since=2026-03-01").await;
    assert!(html.contains(r#"<option value="instagram" selected"#));
    assert!(html.contains(r#"value="2026-03-01""#));
    assert!(html.contains("Clear filters"));
    let older = "/activity?channel=instagram&amp;since=2026-03-01&amp;before=1";
    assert!(html.contains(&format!(r#"href="{older}""#)));
    let csv = "/activity.csv?channel=instagram&amp;since=2026-03-01";
    assert!(html.contains(&format!(r#"href="{csv}""#)));
    let (_, html) = page(Role::Viewer, &older.replace("&amp;", "&")).await;
    assert!(html.contains("‹ Newest"));
    assert!(!html.contains("Older ›"));
}

#[tokio::test]
async fn an_empty_list_says_why() {
    let (_, html) = page(Role::Viewer, "/activity?kind=signed-in").await;
    assert!(html.contains("No activity matches"));
    let (_, html) = page(Role::Viewer, "/activity?kind=signed-in&before=3").await;
    assert!(html.contains("Nothing older"));
}

#[tokio::test]
async fn a_secret_is_named_without_a_value() {
    let (_, html) = page(Role::Viewer, "/activity").await;
    assert!(html.contains("<li>Page access token changed</li>"));
    assert!(html.contains("Change undone"));
    assert!(html.contains("eve@helpdesk.test"));
}

#[tokio::test]
async fn a_person_without_a_name_can_be_filtered_by() {
    let (_, html) = page(Role::Viewer, "/activity?person=99").await;
    assert!(html.contains("Person 99"));
}
