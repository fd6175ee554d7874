-- Sites are the tenants. Every row of theirs names the site, and every statement does, too.
CREATE TABLE site (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE user (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    email    TEXT NOT NULL UNIQUE,   -- in lower case
    password TEXT NOT NULL           -- an Argon2id hash in PHC form
) STRICT;

CREATE TABLE membership (
    user_id INTEGER NOT NULL REFERENCES user (id),
    site_id INTEGER NOT NULL REFERENCES site (id),
    PRIMARY KEY (user_id, site_id)
) STRICT, WITHOUT ROWID;

-- The keys that sign API tokens.
CREATE TABLE signing_key (
    id     TEXT PRIMARY KEY,
    secret BLOB NOT NULL
) STRICT;

-- The browsers' sessions, under the hash of the id that the cookie carries.
CREATE TABLE browser_session (
    id         TEXT PRIMARY KEY,
    data       TEXT NOT NULL,
    expires_at INTEGER NOT NULL      -- seconds since 1970
) STRICT, WITHOUT ROWID;
CREATE INDEX browser_session_expires_at ON browser_session (expires_at);

-- The documented record, its texts as they are on the wire, so that an answer never differs from
-- what was stored.
CREATE TABLE connection (
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
    password         TEXT,
    host             TEXT,
    "database"       TEXT,
    port             TEXT,
    url              TEXT,
    "from"           TEXT,
    token            TEXT,
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
    create_date      TEXT NOT NULL,  -- YYYY-MM-DD HH:MM:SS, UTC
    modify_date      TEXT NOT NULL,
    error            TEXT,
    remarks          TEXT,
    agent_id         TEXT,
    -- Not part of the record: the counter behind ETag, and when each secret last changed.
    version          INTEGER NOT NULL,
    password_date    TEXT,
    password_version INTEGER NOT NULL,
    token_date       TEXT,
    token_version    INTEGER NOT NULL
) STRICT;
CREATE INDEX connection_site ON connection (site_id, id);
CREATE INDEX connection_modified ON connection (site_id, modify_date, id);
CREATE INDEX connection_parent ON connection (site_id, parent_id) WHERE parent_id IS NOT NULL;
