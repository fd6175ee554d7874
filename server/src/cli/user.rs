//! `patchbay user`

use super::{
    Database,
    output::{print, try_print},
};
use crate::{
    auth::hash_password,
    service::{Services, normal_email, team::Manager},
    store::{MemberRow, SiteScope, UserId},
};
use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use shared::{Role, SiteId};
use std::io::{BufRead, IsTerminal, Read, stdin};

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Let a user into a site; a new one's password is read from standard input
    Add {
        #[command(flatten)]
        who: Who,
        /// The user has an account already, made for another site, and keeps its password
        #[arg(long)]
        existing: bool,
        /// What the user may do: admin, editor or viewer
        #[arg(long, default_value = "admin")]
        role: Role,
    },
    /// Print a link by which somebody joins a site and chooses a password
    Invite {
        #[command(flatten)]
        who: Who,
        /// What the user may do: admin, editor or viewer
        #[arg(long, default_value = "editor")]
        role: Role,
        /// Where browsers find the server
        #[arg(long, env = "PATCHBAY_PUBLIC_URL", default_value = "http://127.0.0.1:3000")]
        public_url: String,
    },
    /// List a site's users
    List {
        /// The site's number
        #[arg(long)]
        site: SiteId,
        #[command(flatten)]
        database: Database,
    },
    /// Give a user another role
    Role {
        #[command(flatten)]
        who: Who,
        /// admin, editor or viewer
        role: Role,
    },
    /// Keep a user out of a site, from this moment on
    Disable(Who),
    /// Let a user into a site again
    Enable(Who),
    /// Keep a user out of every site, from this moment on
    Block(Account),
    /// Let a user in again wherever the user is enabled
    Unblock(Account),
    /// End all of a user's sessions and tokens on a site
    SignOut(Who),
    /// Give a user another password, read from standard input, and end all sessions and tokens
    Password(Account),
}

#[derive(Debug, Args)]
pub(super) struct Account {
    /// The user's e-mail address
    email: String,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
pub(super) struct Who {
    /// The user's e-mail address
    email: String,
    /// The site's number
    #[arg(long)]
    site: SiteId,
    #[command(flatten)]
    database: Database,
}

impl Who {
    async fn open(&self) -> anyhow::Result<(Services, Manager)> {
        let manager = Manager::operator(SiteScope::operator(self.site));
        Ok((self.database.open().await?.services(), manager))
    }

    /// The use cases and the member that this is.
    async fn member(&self) -> anyhow::Result<(Services, Manager, UserId)> {
        let (services, manager) = self.open().await?;
        let members = members(&services, self.site).await?;
        let email = normal_email(&self.email);
        let member = members.into_iter().find(|member| member.email == email);
        let member = member.ok_or_else(|| anyhow!("{email} is no user of site {}", self.site))?;
        Ok((services, manager, member.user))
    }
}

impl User {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add { who, existing, role } => add(&who, existing, role).await?,
            Self::Invite { who, role, public_url } => {
                invite(&who, role, &public_url).await?;
            }
            Self::List { site, database } => {
                let services = database.open().await?.services();
                for member in members(&services, site).await? {
                    let state = if member.enabled { "" } else { "  disabled" };
                    print(format_args!("{:<6}  {}{state}", member.role.slug(), member.email));
                }
            }
            Self::Role { who, role } => {
                let (services, manager, user) = who.member().await?;
                services.set_role(&manager, user, role).await?;
                print(format_args!("{} is now {role} of site {}", who.email, who.site));
            }
            Self::Disable(who) => {
                let (services, manager, user) = who.member().await?;
                services.set_member_enabled(&manager, user, false).await?;
                print(format_args!("{} is kept out of site {}", who.email, who.site));
            }
            Self::Enable(who) => {
                let (services, manager, user) = who.member().await?;
                services.set_member_enabled(&manager, user, true).await?;
                let members = members(&services, who.site).await?;
                if !members.iter().any(|member| member.user == user && member.enabled) {
                    bail!("{0} is kept out of every site: patchbay user unblock {0}", who.email);
                }
                print(format_args!("{} may sign in to site {}", who.email, who.site));
            }
            Self::SignOut(who) => {
                let (services, manager, user) = who.member().await?;
                services.sign_out_member(&manager, user).await?;
                print(format_args!("{} was signed out of site {}", who.email, who.site));
            }
            Self::Block(account) => set_blocked(&account, true).await?,
            Self::Unblock(account) => set_blocked(&account, false).await?,
            Self::Password(Account { email, database }) => {
                let services = database.open().await?.services();
                assert_known(&services, &email).await?;
                let hashed = hashed_password().await?;
                services.reset_password(&email, &hashed).await?;
                print(format_args!("{email} has another password"));
            }
        }
        Ok(())
    }
}

async fn set_blocked(account: &Account, blocked: bool) -> anyhow::Result<()> {
    let services = account.database.open().await?.services();
    assert_known(&services, &account.email).await?;
    services.set_user_enabled(&account.email, !blocked).await?;
    let state = if blocked { "is kept out of every site" } else { "may sign in again" };
    print(format_args!("{} {state}", account.email));
    Ok(())
}

async fn members(services: &Services, site: SiteId) -> anyhow::Result<Vec<MemberRow>> {
    if !services.store().sites().await?.contains(&site) {
        bail!("there is no site {site}: patchbay site add makes one");
    }
    Ok(services.store().members(SiteScope::operator(site)).await?)
}

async fn assert_known(services: &Services, email: &str) -> anyhow::Result<()> {
    if services.store().user(&normal_email(email)).await?.is_none() {
        bail!("{email} has no account: patchbay user list shows those of a site");
    }
    Ok(())
}

/// Prints the link of an invitation; one that nobody could read is withdrawn.
async fn invite(who: &Who, role: Role, public_url: &str) -> anyhow::Result<()> {
    let (services, manager) = who.open().await?;
    let (email, token) = services.invite(&manager, &who.email, role, None).await?;
    let link = format!("{}/invite/{token}", public_url.trim_end_matches('/'));
    let lines = format!("{email} joins by this link, once, within three days:\n{link}");
    let Err(error) = try_print(lines) else { return Ok(()) };
    let scope = SiteScope::operator(who.site);
    let now = services.clock().now().as_second();
    let invites = services.store().invites(scope, now).await?;
    if let Some(invite) = invites.into_iter().find(|invite| invite.email == email) {
        services.withdraw_invite(&manager, invite.id).await?;
    }
    bail!("the link could not be printed, so {email} is not invited: {error}")
}

async fn add(who: &Who, existing: bool, role: Role) -> anyhow::Result<()> {
    let (services, manager) = who.open().await?;
    let email = normal_email(&who.email);
    if members(&services, who.site).await?.iter().any(|member| member.email == email) {
        bail!(
            "{email} is a member of site {} already: patchbay user role changes what a member may do",
            who.site
        );
    }
    let known = services.store().user(&email).await?.is_some();
    if known && !existing {
        bail!(
            "{0} has an account already, made for another site. If you know whose it is, add \
             --existing; if not, give it another password first: patchbay user password {0}",
            who.email
        );
    }
    let hashed = if known { None } else { Some(hashed_password().await?) };
    let email = services.add_member(&manager, &who.email, hashed, role).await?;
    print(format_args!("{email} may now sign in to site {} as {role}", who.site));
    Ok(())
}

async fn hashed_password() -> anyhow::Result<String> {
    let password = new_password()?;
    Ok(tokio::task::spawn_blocking(move || hash_password(&password)).await??)
}

/// A password to be set: at a terminal, where nobody sees what is typed, it is asked for twice.
fn new_password() -> anyhow::Result<String> {
    let password = password()?;
    if stdin().is_terminal() && prompt("The same again: ")? != password {
        bail!("the two passwords differ: nothing was changed");
    }
    Ok(password)
}

/// One line of standard input, without its end.
pub(super) fn password() -> anyhow::Result<String> {
    let line = if stdin().is_terminal() { prompt("Password: ")? } else { first_line()? };
    if line.is_empty() {
        bail!("no password was given: type one line on standard input");
    }
    Ok(line)
}

fn prompt(text: &str) -> anyhow::Result<String> {
    rpassword::prompt_password(text).context("the password was not read")
}

fn first_line() -> anyhow::Result<String> {
    let mut line = String::new();
    let read = stdin().lock().take(MAX_INPUT).read_line(&mut line);
    read.context("the password was not read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Bytes of standard input that are read for a password, which is far shorter.
const MAX_INPUT: u64 = 4096;
