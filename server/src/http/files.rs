//! The open files that the system grants: each connection is one.

/// Files that are open besides connections: database, its log, standard streams, mail servers.
const OTHER_FILES: u64 = 128;

/// As many connections as there can be open files, after asking the system for all it gives.
pub(super) fn affordable(wanted: usize) -> usize {
    let Ok(files) = rlimit::increase_nofile_limit(u64::MAX) else { return wanted };
    let most = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX).max(1);
    if most < wanted {
        tracing::warn!(most, "fewer connections than wanted: raise the open files limit");
    }
    wanted.min(most)
}
