-- As on SQLite: how connections fare. The numbers of the two states that there were stay what they are.
ALTER TABLE connection ALTER COLUMN in_use TYPE SMALLINT USING in_use::INT::SMALLINT;
ALTER TABLE connection RENAME COLUMN in_use TO state;
ALTER TABLE connection ADD CHECK (state BETWEEN 0 AND 4);
ALTER TABLE connection ADD COLUMN health TEXT;
ALTER TABLE connection ADD COLUMN due_at BIGINT;
ALTER TABLE connection_count ALTER COLUMN in_use TYPE SMALLINT USING in_use::INT::SMALLINT;
ALTER TABLE connection_count RENAME COLUMN in_use TO state;
ALTER TABLE connection_search ALTER COLUMN in_use TYPE SMALLINT USING in_use::INT::SMALLINT;
ALTER TABLE connection_search RENAME COLUMN in_use TO state;

CREATE OR REPLACE FUNCTION count_and_find_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO connection_search
        VALUES (new.id, new.site_id, new.channel, new.state, new.search);
    ELSIF (old.channel, old.state, old.search) <> (new.channel, new.state, new.search) THEN
        UPDATE connection_search
        SET channel = new.channel, state = new.state, search = new.search WHERE id = new.id;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF old.channel = new.channel AND old.state = new.state THEN
            RETURN NULL;
        END IF;
        UPDATE connection_count SET count = count - 1
        WHERE site_id = old.site_id AND channel = old.channel AND state = old.state;
    END IF;
    INSERT INTO connection_count AS counted VALUES (new.site_id, new.channel, new.state, 1)
    ON CONFLICT (site_id, channel, state) DO UPDATE SET count = counted.count + 1;
    RETURN NULL;
END $$;

-- Spread over the first hour.
UPDATE connection SET due_at = extract(EPOCH FROM now())::BIGINT + (random() * 3600)::BIGINT
WHERE state = 1 AND channel <> 'other';
CREATE INDEX connection_due ON connection (due_at) WHERE due_at IS NOT NULL;
