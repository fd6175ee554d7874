//! What commands print. Standard output may be full or closed, standard error too: neither is a panic, as it
//! would be with `println!`.

use anyhow::bail;
use std::{
    fmt::Display,
    io::{self, ErrorKind, Write, stderr, stdout},
    sync::OnceLock,
};

/// The first failure to write to standard output.
static FAILURE: OnceLock<io::Error> = OnceLock::new();

/// Prints a line. A failure is kept for [`finish`], so that a command does all of its work first.
pub(super) fn print(line: impl Display) {
    if FAILURE.get().is_none()
        && let Err(error) = try_print(line)
    {
        FAILURE.get_or_init(|| error);
    }
}

/// Prints a line that is shown once, such as a link: the caller undoes its work if nobody could read it.
pub(super) fn try_print(line: impl Display) -> io::Result<()> {
    let mut output = stdout().lock();
    output.write_all(format!("{line}\n").as_bytes())?;
    output.flush()
}

/// Prints a line on standard error. It is lost if it cannot be written, as log lines are.
pub(super) fn note(line: impl Display) {
    stderr().write_all(format!("{line}\n").as_bytes()).ok();
}

/// What became of standard output: a reader that left early, as `head` does, is no failure.
pub(super) fn finish() -> anyhow::Result<()> {
    match FAILURE.get() {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            bail!("the command was carried out, but standard output could not be written: {error}")
        }
        _ => Ok(()),
    }
}
