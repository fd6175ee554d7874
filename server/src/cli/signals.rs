//! Signals that ask the program to end, and one that must not end it.

use anyhow::bail;
use rustix::process::Signal;
use std::fs;
use tokio::signal::unix::{SignalKind, signal};

/// The bit of SIGHUP in the masks of `/proc/self/status`.
const HANGUP_BIT: u64 = 1;

/// Ends at SIGTERM, SIGINT or SIGHUP. Under `nohup`, which ignores SIGHUP, so does the program.
pub(super) fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    // Read before a handler takes its place.
    let ignores_hangup = is_hangup_ignored();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = if ignores_hangup { None } else { Some(signal(SignalKind::hangup())?) };
    let hung_up = async move {
        match &mut hangup {
            Some(hangup) => hangup.recv().await,
            None => std::future::pending().await,
        }
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hung_up => {}
        }
    })
}

/// Has a write beyond a limit of the size of files fail, such as one of systemd's: the signal that the system sends
/// would end the program without a word.
pub(super) fn survive_file_limits() -> anyhow::Result<()> {
    // The handler stays when what tells of the signal is dropped.
    drop(signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?);
    Ok(())
}

/// Does work until a signal asks the program to end: the work is dropped then, which removes the files that
/// it had begun.
pub(super) async fn until_stopped(
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    tokio::select! {
        done = work => done,
        () = stop => bail!("stopped by a signal; no file was left behind"),
    }
}

fn is_hangup_ignored() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & HANGUP_BIT != 0)
}

#[cfg(test)]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn an_ignored_hangup_is_seen() {
        assert!(ignores_hangup("Name:\tpatchbay\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangup("Name:\tpatchbay\nSigIgn:\t0000000000001000\n"));
        assert!(!ignores_hangup(""));
    }
}
