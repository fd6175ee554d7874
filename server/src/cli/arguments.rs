//! The arguments as they were given: which of them show a secret to every user of the machine.

use super::{Cli, output::note};
use clap::{ArgMatches, CommandFactory, FromArgMatches, parser::ValueSource};
use std::{io::ErrorKind, process::ExitCode};

/// Options whose values are secrets, or may hold one.
const SECRET_OPTIONS: [&str; 3] = ["facebook_app_secret", "twitter_api_secret", DATABASE_URL];
const DATABASE_URL: &str = "database_url";

/// Reads the arguments, and warns of secrets among them.
pub(super) fn parse() -> Result<Cli, clap::Error> {
    let matches = Cli::command().try_get_matches()?;
    let cli = Cli::from_arg_matches(&matches)?;
    for option in secrets_among(&matches) {
        note(format_args!(
            "warning: every user of this machine can read the secret in --{option}: set it in the \
             environment or in a file instead"
        ));
    }
    Ok(cli)
}

/// Prints help, the version, or what is wrong with the arguments.
pub(super) fn show(error: &clap::Error) -> ExitCode {
    match error.print() {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
            note(format_args!("Error: standard output could not be written: {cause}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1)),
    }
}

/// The secret options that were given as arguments, of the command and of those below it.
fn secrets_among(matches: &ArgMatches) -> Vec<String> {
    let own = SECRET_OPTIONS
        .iter()
        .filter(|option: &&&str| {
            let is_known = matches.try_contains_id(option).is_ok_and(|is_given| is_given);
            is_known
                && matches.value_source(option) == Some(ValueSource::CommandLine)
                && (**option != DATABASE_URL || holds_password(matches))
        })
        .map(|option| option.replace('_', "-"));
    let below = matches.subcommand().map(|(_, below)| secrets_among(below));
    own.chain(below.unwrap_or_default()).collect()
}

fn holds_password(matches: &ArgMatches) -> bool {
    let Some(url) = matches.get_one::<String>(DATABASE_URL) else { return false };
    let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.contains(':')) || url.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(args: &[&str]) -> Vec<String> {
        let args = [&["patchbay"], args].concat();
        secrets_among(&Cli::command().try_get_matches_from(args).unwrap())
    }

    #[test]
    fn secrets_among_the_arguments_are_noticed() {
        let app = ["serve", "--facebook-app-id", "1", "--facebook-app-secret", "s"];
        assert_eq!(secrets(&app), ["facebook-app-secret"]);
        let url = |url| secrets(&["user", "list", "--site", "7", "--database-url", url]);
        assert_eq!(url("postgres://ann:pw@db.example/patchbay"), ["database-url"]);
        assert_eq!(url("postgres://db.example/patchbay?password=pw"), ["database-url"]);
        assert_eq!(url("postgres://ann@db.example/patchbay"), [""; 0]);
        assert_eq!(url("sqlite://patchbay.db"), [""; 0]);
        assert_eq!(secrets(&["serve"]), [""; 0]);
    }

    #[test]
    fn help_shows_no_value_of_a_secret_option() {
        let (mut waiting, mut found) = (vec![Cli::command()], 0);
        while let Some(mut command) = waiting.pop() {
            command.build();
            for arg in command
                .get_arguments()
                .filter(|arg: &&clap::Arg| SECRET_OPTIONS.contains(&arg.get_id().as_str()))
            {
                assert!(arg.is_hide_env_values_set(), "{}: {}", command.get_name(), arg.get_id());
                found += 1;
            }
            waiting.extend(command.get_subcommands().cloned());
        }
        assert!(found > SECRET_OPTIONS.len(), "control");
    }
}
