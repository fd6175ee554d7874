-- Until a release, every change of the schema is made in this file.

-- Numbers are at most 2^53 - 1 (see shared::MAX_NUMBER).

-- "Ptch": by it Patchbay tells its own databases from other programs'.
PRAGMA application_id = 1349804904;

-- Sites are the tenants. Every row of theirs names the site, and every statement does, too.
CREATE TABLE site (
    id        INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 9007199254740991),
    name      TEXT NOT NULL,
    time_zone TEXT                      -- an IANA name; NULL is the server's own
) STRICT;

-- `version` counts what ends all sessions and tokens of the user.
CREATE TABLE app_user (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    email    TEXT NOT NULL UNIQUE,      -- in lower case
    password TEXT NOT NULL,             -- an Argon2id hash in PHC form
    version  INTEGER NOT NULL DEFAULT 1,
    enabled  INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1))
) STRICT;

-- `version` counts what ends the user's sessions and tokens on this site.
CREATE TABLE membership (
    user_id      INTEGER NOT NULL REFERENCES app_user (id),
    site_id      INTEGER NOT NULL REFERENCES site (id),
    role         TEXT NOT NULL CHECK (role IN ('admin', 'editor', 'viewer')),
    enabled      INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    version      INTEGER NOT NULL DEFAULT 1,
    last_sign_in TEXT,
    PRIMARY KEY (user_id, site_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_site ON membership (site_id, user_id);

-- The browsers' sessions, under the hash of the id that the cookie carries.
CREATE TABLE browser_session (
    id         TEXT PRIMARY KEY,
    user_id    INTEGER REFERENCES app_user (id),
    data       TEXT NOT NULL,
    expires_at INTEGER NOT NULL         -- seconds since 1970
) STRICT, WITHOUT ROWID;
CREATE INDEX browser_session_expires_at ON browser_session (expires_at);

-- Secrets are sealed under keys that are not in the database (see the module `vault`).

-- The server's own keys, each sealed: 'audit' chains the audit log, 'token' signs API tokens.
-- That they open is what shows at a start that the key ring is the right one.
CREATE TABLE sealed_key (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose    TEXT NOT NULL CHECK (purpose IN ('audit', 'token')),
    created_at INTEGER NOT NULL,        -- seconds since 1970
    secret     BLOB NOT NULL
) STRICT;

CREATE TABLE invite (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id    INTEGER NOT NULL REFERENCES site (id),
    token      TEXT NOT NULL UNIQUE,    -- the hash of what the link carries
    email      TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('admin', 'editor', 'viewer')),
    invited_by INTEGER REFERENCES app_user (id),  -- NULL is the operator
    expires_at INTEGER NOT NULL,        -- seconds since 1970
    UNIQUE (site_id, email)
) STRICT;

-- Sign-ins that failed or have not ended yet, by address and by account.
CREATE TABLE sign_in_attempt (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    subject    TEXT NOT NULL,           -- a code of it, since anything may be typed there
    at         INTEGER NOT NULL         -- seconds since 1970
) STRICT;
CREATE INDEX sign_in_attempt_subject ON sign_in_attempt (subject, at);
CREATE INDEX sign_in_attempt_at ON sign_in_attempt (at);

-- The addresses from which a user has signed in: the limit of an account does not hold for them.
CREATE TABLE known_address (
    user_id INTEGER NOT NULL REFERENCES app_user (id),
    address TEXT NOT NULL,
    at      INTEGER NOT NULL,           -- seconds since 1970
    PRIMARY KEY (user_id, address)
) STRICT, WITHOUT ROWID;

-- A site's API calls on the day that is counted.
CREATE TABLE quota (
    site_id INTEGER PRIMARY KEY REFERENCES site (id),
    day     TEXT NOT NULL,
    used    INTEGER NOT NULL,
    last_counted INTEGER NOT NULL       -- of used, what the last statement added
) STRICT;

-- What was done, each row chained to the one before it on the same site; 0 is the whole server.
CREATE TABLE audit (
    site_id       INTEGER NOT NULL,
    number        INTEGER NOT NULL,     -- from 1, without a gap
    at            TEXT NOT NULL,        -- YYYY-MM-DD HH:MM:SS, UTC
    user_id       INTEGER,              -- NULL is the operator, or nobody known
    who           TEXT NOT NULL,        -- the e-mail address at that time
    via           TEXT NOT NULL,
    kind          TEXT NOT NULL,
    connection_id INTEGER,
    channel       TEXT,
    detail        TEXT NOT NULL,        -- JSON
    mac           BLOB NOT NULL,
    PRIMARY KEY (site_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_connection ON audit (site_id, connection_id, number)
    WHERE connection_id IS NOT NULL;
CREATE INDEX audit_user ON audit (site_id, user_id, number);

-- The last number of each chain, so that a chain cannot be cut short.
CREATE TABLE audit_head (
    site_id INTEGER PRIMARY KEY,
    number  INTEGER NOT NULL,
    mac     BLOB NOT NULL,              -- of the last row
    seal    BLOB NOT NULL               -- of this one
) STRICT;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted'); END;
-- REPLACE deletes without asking a trigger.
CREATE TRIGGER audit_is_never_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE site_id = new.site_id AND number = new.number)
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
-- Many rows may be added at once: the end moves on to one that is there.
CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head
WHEN new.site_id <> old.site_id OR new.number <= old.number
    OR NOT EXISTS (SELECT 1 FROM audit WHERE site_id = new.site_id AND number = new.number)
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_head_is_never_replaced BEFORE INSERT ON audit_head
WHEN EXISTS (SELECT 1 FROM audit_head WHERE site_id = new.site_id)
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_head_is_never_deleted BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted'); END;

-- The documented record, its texts as they are on the wire, so that an answer never differs from
-- what was stored.
-- Foreign keys name the site, so that no row can reach into another one's.
CREATE TABLE connection (
    id               INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 9007199254740991),
    last_activity    TEXT,
    activity_date    TEXT,
    position         TEXT,
    site_id          INTEGER NOT NULL REFERENCES site (id),
    media_id         TEXT,
    provider_id      TEXT,
    code             TEXT,
    name             TEXT,
    user_id          TEXT,
    password         BLOB,              -- sealed
    host             TEXT,
    "database"       TEXT,
    port             TEXT,
    url              TEXT,
    "from"           TEXT,
    token            BLOB,              -- sealed
    start_date       TEXT,
    end_date         TEXT,
    priority         TEXT,
    enabled          TEXT,
    status_id        TEXT,
    target_id        TEXT,
    type_id          TEXT,
    parent_id        TEXT,
    incoming         TEXT,
    outgoing         TEXT,
    create_date      TEXT NOT NULL,     -- YYYY-MM-DD HH:MM:SS, UTC
    modify_date      TEXT NOT NULL,
    error            TEXT,
    remarks          TEXT,
    agent_id         TEXT,
    -- Not part of the record: the counter behind ETag, when each secret last changed, and the destination
    -- that it was given for (see shared::Destination).
    version          INTEGER NOT NULL CHECK (version BETWEEN 1 AND 9007199254740991),
    password_date    TEXT,
    password_version INTEGER NOT NULL,
    password_destination TEXT,
    token_date       TEXT,
    token_version    INTEGER NOT NULL,
    token_destination TEXT,
    -- How it fares (see store::Health). The state: 0 is disabled, 1 not tested, 2 working, 3 failing,
    -- 4 sign-in failed.
    state            INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
    health           TEXT,              -- JSON; NULL: nothing is known
    due_at           INTEGER,           -- of the next test: seconds since 1970
    -- What the board filters, sorts and searches by (see store::Derived).
    channel          TEXT NOT NULL,
    expires_at       INTEGER,           -- of the first of its tokens: seconds since 1970
    name_key         TEXT NOT NULL,
    search           TEXT NOT NULL,
    UNIQUE (site_id, id)
) STRICT;

CREATE INDEX connection_parent ON connection (site_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX connection_created ON connection (site_id, create_date, id);
CREATE INDEX connection_due ON connection (due_at) WHERE due_at IS NOT NULL;
-- Search, filters and counts go along this index, which has all that they need, in the board's own order; in other
-- orders they go along it and sort.
CREATE INDEX connection_board
    ON connection (site_id, modify_date, id, channel, state, expires_at, name_key, search);

-- The last number that was given to a connection.
CREATE TABLE connection_number (
    last INTEGER NOT NULL CHECK (last BETWEEN 0 AND 9007199254740991)
) STRICT;
INSERT INTO connection_number VALUES (0);

-- Secrets that were replaced, sealed, for as long as the change can be undone.
CREATE TABLE previous_secret (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id       INTEGER NOT NULL,
    connection_id INTEGER NOT NULL,
    event         INTEGER NOT NULL,     -- the number of the audit row of the change
    field         TEXT NOT NULL,
    secret        BLOB,                 -- NULL: there was none
    destination   TEXT,                 -- that it was given for
    expires_at    INTEGER NOT NULL,     -- seconds since 1970
    UNIQUE (site_id, connection_id, event, field),
    FOREIGN KEY (site_id, connection_id) REFERENCES connection (site_id, id),
    FOREIGN KEY (site_id, event) REFERENCES audit (site_id, number)
) STRICT;
CREATE INDEX previous_secret_expires_at ON previous_secret (expires_at);

-- The results of sign-ins with providers, sealed, for a short time.
CREATE TABLE provider_session (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id    INTEGER NOT NULL REFERENCES site (id),
    user_id    INTEGER NOT NULL REFERENCES app_user (id),  -- who signed in
    provider   TEXT NOT NULL CHECK (provider IN ('facebook', 'instagraph', 'twitter')),
    hash       TEXT NOT NULL UNIQUE,    -- of the id that the browser was given
    secret     BLOB NOT NULL,           -- the documented JSON
    expires_at INTEGER NOT NULL         -- seconds since 1970
) STRICT;
CREATE INDEX provider_session_expires_at ON provider_session (expires_at);
CREATE INDEX provider_session_user ON provider_session (site_id, user_id, id);

-- Idempotency keys, of API clients and of rendered forms, for 24 hours: a request that is repeated
-- under its key creates nothing again. No answer is stored.
CREATE TABLE idempotency_key (
    site_id         INTEGER NOT NULL REFERENCES site (id),
    user_id         INTEGER NOT NULL REFERENCES app_user (id),
    idempotency_key TEXT NOT NULL,      -- its SHA-256
    request         TEXT NOT NULL,      -- an HMAC of what was asked for
    connection_id   INTEGER,            -- NULL: an invitation, whose link follows from the key
    expires_at      INTEGER NOT NULL,   -- seconds since 1970
    PRIMARY KEY (site_id, user_id, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_key_expires_at ON idempotency_key (expires_at);

-- The keys of the key ring that values may be sealed under; new ones are sealed under the active one. The
-- keys themselves are in a file apart from the database.
CREATE TABLE ring_key (
    id       BLOB PRIMARY KEY CHECK (length(id) = 8),
    added_at INTEGER NOT NULL,          -- seconds since 1970
    active   INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ring_key_active ON ring_key (active) WHERE active = 1;

-- A key that is not there seals nothing: its id is in bytes 2 to 9 of a sealed value.
CREATE TRIGGER connection_is_sealed BEFORE INSERT ON connection
WHEN length(new.password) > 0 AND substr(new.password, 2, 8) NOT IN (SELECT id FROM ring_key)
    OR length(new.token) > 0 AND substr(new.token, 2, 8) NOT IN (SELECT id FROM ring_key)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is not in use'); END;
CREATE TRIGGER connection_password_is_sealed BEFORE UPDATE OF password ON connection
WHEN length(new.password) > 0 AND substr(new.password, 2, 8) NOT IN (SELECT id FROM ring_key)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is not in use'); END;
CREATE TRIGGER connection_token_is_sealed BEFORE UPDATE OF token ON connection
WHEN length(new.token) > 0 AND substr(new.token, 2, 8) NOT IN (SELECT id FROM ring_key)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is not in use'); END;
CREATE TRIGGER previous_secret_is_sealed BEFORE INSERT ON previous_secret
WHEN length(new.secret) > 0 AND substr(new.secret, 2, 8) NOT IN (SELECT id FROM ring_key)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is not in use'); END;
CREATE TRIGGER previous_secret_stays_sealed BEFORE UPDATE OF secret ON previous_secret
WHEN length(new.secret) > 0 AND substr(new.secret, 2, 8) NOT IN (SELECT id FROM ring_key)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is not in use'); END;
CREATE TRIGGER provider_session_is_sealed BEFORE INSERT ON provider_session
WHEN length(new.secret) > 0 AND substr(new.secret, 2, 8) NOT IN (SELECT id FROM ring_key)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is not in use'); END;
CREATE TRIGGER provider_session_stays_sealed BEFORE UPDATE OF secret ON provider_session
WHEN length(new.secret) > 0 AND substr(new.secret, 2, 8) NOT IN (SELECT id FROM ring_key)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is not in use'); END;
CREATE TRIGGER sealed_key_is_sealed BEFORE INSERT ON sealed_key
WHEN length(new.secret) > 0 AND substr(new.secret, 2, 8) NOT IN (SELECT id FROM ring_key)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is not in use'); END;
CREATE TRIGGER sealed_key_stays_sealed BEFORE UPDATE OF secret ON sealed_key
WHEN length(new.secret) > 0 AND substr(new.secret, 2, 8) NOT IN (SELECT id FROM ring_key)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is not in use'); END;
-- And one that anything is sealed under stays.
CREATE TRIGGER ring_key_is_needed BEFORE DELETE ON ring_key
WHEN EXISTS (SELECT 1 FROM connection WHERE substr(password, 2, 8) = old.id OR substr(token, 2, 8) = old.id)
    OR EXISTS (SELECT 1 FROM previous_secret WHERE substr(secret, 2, 8) = old.id)
    OR EXISTS (SELECT 1 FROM provider_session WHERE substr(secret, 2, 8) = old.id)
    OR EXISTS (SELECT 1 FROM sealed_key WHERE substr(secret, 2, 8) = old.id)
BEGIN SELECT RAISE(ABORT, 'sealed under a key that is to be forgotten'); END;
CREATE TRIGGER ring_key_keeps_its_id BEFORE UPDATE OF id ON ring_key
BEGIN SELECT RAISE(ABORT, 'a key keeps its id'); END;

-- The servers that run on this database, each with the ids of the keys that it has and of the one that it
-- seals under, in hexadecimal. A key becomes active once every server that was seen lately has it.
CREATE TABLE server_instance (
    place   TEXT PRIMARY KEY,           -- host, process and start
    keys    TEXT NOT NULL,
    active  TEXT NOT NULL,
    seen_at INTEGER NOT NULL            -- seconds since 1970
) STRICT, WITHOUT ROWID;

-- Where the database was when it was last served: elsewhere it is a copy (see keys::end_if_copied).
CREATE TABLE installation (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    place TEXT
) STRICT;
INSERT INTO installation VALUES (1, NULL);
