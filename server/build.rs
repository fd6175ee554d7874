//! Builds the server anew when the files that it embeds change.

fn main() {
    println!("cargo:rerun-if-env-changed=LEPTOS_SITE_ROOT");
    if let Ok(site) = std::env::var("LEPTOS_SITE_ROOT") {
        println!("cargo:rerun-if-changed={site}");
    }
}
