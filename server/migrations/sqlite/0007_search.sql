-- A search asks the index for parts of a text wherever they are, and the row for the whole: the index has
-- no positions, and a fifth of the size. Of numbers it has five digits as well as three characters, of
-- which there are only a thousand. Tokens are hexadecimal, behind the site's number, so that others' rows
-- cost nothing: 'a9x616263' is "abc" of site 169, 'a9pf' a channel of it, 'a9p3' a state, 'a9pf3' both.
DROP TRIGGER connection_is_found;
DROP TRIGGER connection_is_found_anew;
DROP TABLE connection_search;
ALTER TABLE connection DROP COLUMN scope;

-- As many as are searched of a row.
CREATE TABLE place_in_text (n INTEGER PRIMARY KEY) STRICT;
INSERT INTO place_in_text
WITH RECURSIVE place (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM place WHERE n < 612)
SELECT n FROM place;

CREATE VIEW connection_token AS
SELECT id, channel, (
    SELECT group_concat(site || 'x' || hex(substr(search, n, 3)) || CASE
        WHEN substr(search, n, 5) GLOB '[0-9][0-9][0-9][0-9][0-9]'
        THEN ' ' || site || 'x' || hex(substr(search, n, 5)) ELSE '' END, ' ')
    FROM place_in_text WHERE n <= length(search) - 2
) || ' ' || site || 'p' || letter || ' ' || site || 'p' || state || ' ' || site || 'p' || letter || state
    AS tokens
FROM (
    SELECT id, channel, state, search, printf('%x', site_id) AS site, CASE channel
        WHEN 'email-inbound' THEN 'i' WHEN 'email-outbound' THEN 'o' WHEN 'facebook' THEN 'f'
        WHEN 'instagram' THEN 'g' WHEN 'twitter' THEN 't' ELSE 'x'
    END AS letter
    FROM connection
);

CREATE VIRTUAL TABLE connection_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
INSERT INTO connection_search (rowid, tokens)
SELECT id, tokens FROM connection_token WHERE channel IS NOT NULL;
CREATE TRIGGER connection_is_found AFTER INSERT ON connection WHEN new.channel IS NOT NULL
BEGIN
    INSERT INTO connection_search (rowid, tokens)
    SELECT id, tokens FROM connection_token WHERE id = new.id;
END;
CREATE TRIGGER connection_is_found_anew AFTER UPDATE ON connection
WHEN old.search IS NOT new.search OR old.channel IS NOT new.channel OR old.state IS NOT new.state
BEGIN
    INSERT OR REPLACE INTO connection_search (rowid, tokens)
    SELECT id, tokens FROM connection_token WHERE id = new.id;
END;
