//! Which changes on the server are still to be read. One read is under way at a time and none beside a save,
//! so that answers come in the order in which the server gave them.

use shared::Version;

/// What the server did since the form was read.
#[derive(Clone, Copy, Debug, Default)]
pub struct News {
    /// The newest version that an event named.
    newest: Version,
    /// Whether something else than the record changed: its health.
    more: bool,
    reading: bool,
}

impl News {
    /// Takes an event; a change of the record names its version.
    pub fn hear(&mut self, version: Option<Version>) {
        match version {
            Some(version) => self.newest = self.newest.max(version),
            None => self.more = true,
        }
    }

    /// Whether the connection, shown at this version, is to be read now.
    pub fn begin(&mut self, shown: Version, is_saving: bool) -> bool {
        let begins = !is_saving && !self.reading && (self.more || self.newest > shown);
        if begins {
            (self.more, self.reading) = (false, true);
        }
        begins
    }

    /// A read is over. Returns whether its answer, of this version, counts: what was read before or beside a
    /// save may be older than the save's answer.
    pub fn end(&mut self, answer: Option<Version>, shown: Version, is_saving: bool) -> bool {
        self.reading = false;
        let counts = !is_saving && answer.is_some_and(|version| version >= shown);
        self.more |= !counts;
        counts
    }
}
