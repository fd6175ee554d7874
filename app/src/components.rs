//! What several pages and islands are built from, one component a file.

#[cfg(feature = "ssr")]
mod hydration;
mod icon;
#[cfg(feature = "ssr")]
mod layout;
mod state;
mod when;

#[cfg(feature = "ssr")]
pub use hydration::{Hydration, Scripts};
pub use icon::ChannelIcon;
#[cfg(feature = "ssr")]
pub use layout::Layout;
pub use state::State;
pub use when::When;
