-- The same parts. A function in SQL is planned anew for each row that is written, which took as long as the
-- rest of the row.
CREATE OR REPLACE FUNCTION search_parts(site BIGINT, search TEXT) RETURNS TEXT[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
DECLARE
    behind_site TEXT := site::TEXT || ' ';
    parts TEXT[] := '{}';
    five TEXT;
BEGIN
    FOR n IN 1 .. length(search) - 2 LOOP
        five := substr(search, n, 5);
        parts := parts || (behind_site || substr(five, 1, 3));
        IF five ~ '^[0-9]{5}$' THEN
            parts := parts || (behind_site || five);
        END IF;
    END LOOP;
    RETURN parts;
END $$;

-- What is written is first put on a list of at most 64 kB, from which it is taken into the index for many
-- rows at a time. Every search reads that list to its end: with a longer one that would show.
ALTER INDEX connection_search_parts SET (fastupdate = on, gin_pending_list_limit = 64);
