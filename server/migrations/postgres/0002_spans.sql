-- The site of a session was asked for at each row that a statement went through; a subquery is run once.
ALTER POLICY of_the_site ON connection USING (
    site_id = (SELECT nullif(current_setting('patchbay.site', TRUE), '')::BIGINT)
    OR (SELECT current_setting('patchbay.site', TRUE)) = '0'
);
ALTER POLICY of_the_site ON kept_secret USING (
    site_id = (SELECT nullif(current_setting('patchbay.site', TRUE), '')::BIGINT)
    OR (SELECT current_setting('patchbay.site', TRUE)) = '0'
);
ALTER POLICY of_the_site ON audit USING (
    site_id = (SELECT nullif(current_setting('patchbay.site', TRUE), '')::BIGINT)
    OR (SELECT current_setting('patchbay.site', TRUE)) = '0'
);
ALTER POLICY of_the_site ON audit_head USING (
    site_id = (SELECT nullif(current_setting('patchbay.site', TRUE), '')::BIGINT)
    OR (SELECT current_setting('patchbay.site', TRUE)) = '0'
);
ALTER POLICY of_the_site ON invite USING (
    site_id = (SELECT nullif(current_setting('patchbay.site', TRUE), '')::BIGINT)
    OR (SELECT current_setting('patchbay.site', TRUE)) = '0'
);
ALTER POLICY of_the_site ON membership USING (
    site_id = (SELECT nullif(current_setting('patchbay.site', TRUE), '')::BIGINT)
    OR (SELECT current_setting('patchbay.site', TRUE)) = '0'
);
ALTER POLICY of_the_site ON quota USING (
    site_id = (SELECT nullif(current_setting('patchbay.site', TRUE), '')::BIGINT)
    OR (SELECT current_setting('patchbay.site', TRUE)) = '0'
);
ALTER POLICY of_the_site ON connection_count USING (
    site_id = (SELECT nullif(current_setting('patchbay.site', TRUE), '')::BIGINT)
    OR (SELECT current_setting('patchbay.site', TRUE)) = '0'
);
DROP FUNCTION reaches(BIGINT);

-- As on SQLite.
CREATE TABLE connection_span (
    site_id BIGINT NOT NULL REFERENCES site (id),
    span    BIGINT NOT NULL,
    count   BIGINT NOT NULL,
    PRIMARY KEY (site_id, span)
);
INSERT INTO connection_span SELECT site_id, id >> 10, count(*) FROM connection GROUP BY 1, 2;
CREATE FUNCTION count_connection_by_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO connection_span AS counted VALUES (new.site_id, new.id >> 10, 1)
    ON CONFLICT (site_id, span) DO UPDATE SET count = counted.count + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER connection_is_counted_by_number AFTER INSERT ON connection
    FOR EACH ROW EXECUTE FUNCTION count_connection_by_number();
ALTER TABLE connection_span ENABLE ROW LEVEL SECURITY;
ALTER TABLE connection_span FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_site ON connection_span USING (
    site_id = (SELECT nullif(current_setting('patchbay.site', TRUE), '')::BIGINT)
    OR (SELECT current_setting('patchbay.site', TRUE)) = '0'
);

-- What was written was first put on a list that every search had to read to its end.
ALTER INDEX connection_search_trigrams SET (fastupdate = off);
SELECT gin_clean_pending_list('connection_search_trigrams');

-- In the order in which they are shown: unlike SQLite's, an index here does not end with the number.
DROP INDEX connection_parent;
CREATE INDEX connection_parent ON connection (site_id, parent_id, id) WHERE parent_id IS NOT NULL;

-- As on SQLite. What is searched of a field are 100 characters now, so that all fit into an index.
UPDATE connection SET search = regexp_replace(search, '(\n\n[^\n]{100})[^\n]+', '\1', 'g')
WHERE length(search) > 100;
DROP INDEX connection_modified;
CREATE INDEX connection_modified ON connection (site_id, modify_date, id) INCLUDE (channel, in_use, search);
DROP INDEX connection_named;
CREATE INDEX connection_named ON connection (site_id, name_key, id) INCLUDE (channel, in_use, search);
