-- Secrets are sealed from here on, under keys that are not in the database (see the module `vault`).

-- The server's own keys, each sealed: 'audit' chains the audit log, 'token' signs API tokens.
-- That they open is what shows at a start that the key ring is the right one.
CREATE TABLE sealed_key (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose    TEXT NOT NULL CHECK (purpose IN ('audit', 'token')),
    created_at INTEGER NOT NULL,        -- seconds since 1970
    secret     BLOB NOT NULL
) STRICT;
DROP TABLE signing_key;

-- Sessions say more from here on: everybody signs in once again.
DELETE FROM browser_session;

ALTER TABLE site ADD COLUMN time_zone TEXT;  -- an IANA name; NULL is the server's own

-- version counts what ends all sessions and tokens: of the user, or of the user on one site.
ALTER TABLE user ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE user ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1));

-- Until now every member could do everything that there was to do.
ALTER TABLE membership ADD COLUMN role TEXT NOT NULL DEFAULT 'admin'
    CHECK (role IN ('admin', 'editor', 'viewer'));
ALTER TABLE membership ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1));
ALTER TABLE membership ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE membership ADD COLUMN last_sign_in TEXT;
CREATE INDEX membership_site ON membership (site_id, user_id);

CREATE TABLE invite (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id    INTEGER NOT NULL REFERENCES site (id),
    token      TEXT NOT NULL UNIQUE,    -- the hash of what the link carries
    email      TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('admin', 'editor', 'viewer')),
    invited_by INTEGER REFERENCES user (id),  -- NULL is the operator
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
    user_id INTEGER NOT NULL REFERENCES user (id),
    address TEXT NOT NULL,
    at      INTEGER NOT NULL,           -- seconds since 1970
    PRIMARY KEY (user_id, address)
) STRICT, WITHOUT ROWID;

-- A site's API calls on the day that is counted.
CREATE TABLE quota (
    site_id INTEGER PRIMARY KEY REFERENCES site (id),
    day     TEXT NOT NULL,
    used    INTEGER NOT NULL
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
CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head
WHEN new.site_id <> old.site_id OR new.number <> old.number + 1
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_head_is_never_replaced BEFORE INSERT ON audit_head
WHEN EXISTS (SELECT 1 FROM audit_head WHERE site_id = new.site_id)
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_head_is_never_deleted BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted'); END;

-- Foreign keys that name the site, so that no row can reach into another one's.
CREATE TABLE new_connection (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
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
    version          INTEGER NOT NULL,
    password_date    TEXT,
    password_version INTEGER NOT NULL,
    token_date       TEXT,
    token_version    INTEGER NOT NULL,
    UNIQUE (site_id, id)
) STRICT;

-- A first byte of 0 marks what is still in clear. It is sealed before the server starts, once:
-- while there is no sealed key yet.
INSERT INTO new_connection
SELECT id, last_activity, activity_date, position, site_id, media_id, provider_id, code, name,
    user_id, CAST(x'00' || CAST(password AS BLOB) AS BLOB), host, "database", port, url, "from",
    CAST(x'00' || CAST(token AS BLOB) AS BLOB), start_date, end_date, priority, enabled, status_id,
    target_id, type_id, parent_id, incoming, outgoing, create_date, modify_date, error, remarks,
    agent_id, version, password_date, password_version, token_date, token_version
FROM connection;
DROP TABLE connection;
ALTER TABLE new_connection RENAME TO connection;
CREATE INDEX connection_modified ON connection (site_id, modify_date, id);
CREATE INDEX connection_parent ON connection (site_id, parent_id) WHERE parent_id IS NOT NULL;

-- Secrets that were replaced, sealed, for as long as the change can be undone.
CREATE TABLE kept_secret (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id       INTEGER NOT NULL,
    connection_id INTEGER NOT NULL,
    event         INTEGER NOT NULL,     -- the number of the audit row of the change
    field         TEXT NOT NULL,
    secret        BLOB,                 -- NULL: there was none
    expires_at    INTEGER NOT NULL,     -- seconds since 1970
    UNIQUE (site_id, connection_id, event, field),
    FOREIGN KEY (site_id, connection_id) REFERENCES connection (site_id, id),
    FOREIGN KEY (site_id, event) REFERENCES audit (site_id, number)
) STRICT;
CREATE INDEX kept_secret_expires_at ON kept_secret (expires_at);
