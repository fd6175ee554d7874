-- As on SQLite: the index has all parts of three characters and of five digits, behind the site's number,
-- so that others' rows cost nothing. It takes a search as it comes: a plan for each would take longer
-- than most searches.
CREATE FUNCTION search_parts(site BIGINT, search TEXT) RETURNS TEXT[]
-- To go through a table with it is never the shorter way.
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
    SELECT array_agg(site::TEXT || ' ' || part) FROM (
        SELECT substr(search, n, 3) AS part FROM generate_series(1, length(search) - 2) AS n
        UNION ALL
        SELECT substr(search, n, 5) FROM generate_series(1, length(search) - 4) AS n
        WHERE translate(substr(search, n, 5), '0123456789', '') = ''
    ) AS parts
$$;
DROP INDEX connection_search_trigrams;
CREATE INDEX connection_search_parts ON connection_search
USING gin (search_parts(site_id, search)) WITH (fastupdate = off);
