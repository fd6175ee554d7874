-- How many connections a site has by number, 1,024 numbers at a time (id >> 10), so that nobody counts
-- those that follow one.
CREATE TABLE connection_span (
    site_id INTEGER NOT NULL REFERENCES site (id),
    span    INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (site_id, span)
) STRICT, WITHOUT ROWID;
INSERT INTO connection_span SELECT site_id, id >> 10, count(*) FROM connection GROUP BY 1, 2;
CREATE TRIGGER connection_is_counted_by_number AFTER INSERT ON connection
BEGIN
    INSERT INTO connection_span VALUES (new.site_id, new.id >> 10, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- What is searched of a field are 100 characters now. Rows with more are filled anew at the next start.
CREATE INDEX connection_overfilled ON connection (id) WHERE length(search) > 612;

-- A search that much matches goes through the first rows in their order: what it looks at is in the
-- indexes of the orders, so that it reads no rows.
DROP INDEX connection_modified;
CREATE INDEX connection_modified ON connection (site_id, modify_date, id, channel, in_use, search);
DROP INDEX connection_named;
CREATE INDEX connection_named ON connection (site_id, name_key, id, channel, in_use, search);
