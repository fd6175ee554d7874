//! Keeps the process's memory, which holds keys and passwords, from disk and from other processes.

use rlimit::Resource;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::io;

/// No core dump, also not by a crash handler that the kernel pipes it to, and no `ptrace` or reading of
/// `/proc/…/mem` by the same user.
pub(super) fn protect() -> io::Result<()> {
    rlimit::setrlimit(Resource::CORE, 0, 0)?;
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}
