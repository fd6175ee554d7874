-- The results of sign-ins with providers, sealed, for a short time.
CREATE TABLE provider_session (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id    INTEGER NOT NULL REFERENCES site (id),
    provider   TEXT NOT NULL CHECK (provider IN ('facebook', 'instagraph', 'twitter')),
    hash       TEXT NOT NULL UNIQUE,    -- of the id that the browser was given
    secret     BLOB NOT NULL,           -- the documented JSON
    expires_at INTEGER NOT NULL         -- seconds since 1970
) STRICT;
CREATE INDEX provider_session_expires_at ON provider_session (expires_at);
