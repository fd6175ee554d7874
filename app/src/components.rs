//! What several pages and islands are built from, one component a file.

#[cfg(feature = "ssr")]
mod account_menu;
#[cfg(feature = "ssr")]
mod changes;
#[cfg(feature = "ssr")]
mod flash;
#[cfg(feature = "ssr")]
mod form_id;
#[cfg(feature = "ssr")]
mod health;
#[cfg(feature = "ssr")]
mod hydration;
mod icon;
#[cfg(feature = "ssr")]
mod layout;
#[cfg(feature = "ssr")]
mod message;
#[cfg(feature = "ssr")]
mod prerender;
mod state;
#[cfg(feature = "ssr")]
mod streamed;
#[cfg(feature = "ssr")]
mod switch_back;
#[cfg(feature = "ssr")]
mod text_field;
#[cfg(feature = "ssr")]
mod timeline;
mod when;
#[cfg(feature = "ssr")]
mod windows;

#[cfg(feature = "ssr")]
use account_menu::AccountMenu;
#[cfg(feature = "ssr")]
pub use changes::Changes;
#[cfg(feature = "ssr")]
use flash::FlashView;
#[cfg(feature = "ssr")]
pub use flash::{Flash, SwitchBack};
#[cfg(feature = "ssr")]
pub use form_id::{FORM_ID, FormId};
#[cfg(feature = "ssr")]
pub use health::{Health, health_html};
#[cfg(feature = "ssr")]
pub use hydration::{Hydration, KeepUp, Scripts};
pub use icon::ChannelIcon;
#[cfg(feature = "ssr")]
pub use layout::{Layout, Section};
#[cfg(feature = "ssr")]
pub use message::Message;
#[cfg(feature = "ssr")]
pub use prerender::Prerender;
pub use state::InUse;
#[cfg(feature = "ssr")]
pub use state::State;
#[cfg(feature = "ssr")]
pub use streamed::Streamed;
#[cfg(feature = "ssr")]
pub use switch_back::SwitchBackInNewTab;
#[cfg(feature = "ssr")]
pub use text_field::TextField;
#[cfg(feature = "ssr")]
pub use timeline::Timeline;
pub use when::When;
#[cfg(feature = "ssr")]
pub use windows::{FillFromSignIn, Listen, TakeOver, TellFault};
