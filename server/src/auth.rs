//! Credentials: passwords and API tokens. Browser sessions are in `web::session`.

mod password;
mod token;

pub use password::{PasswordError, Passwords, hash as hash_password};
pub use token::{IssueError, LIFETIME, TokenCaller, TokenError, Tokens};
