-- Assessing evidence, behind the transaction that stores events.

-- Items that have changed since they were assessed. A heap without a key: noting one costs hardly anything, and the same
-- item twice is the same item.
CREATE TABLE suyuan.assessment_due (
    item_id text COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- What is kept of each item that anybody looked at: the looks and custody marks that assessing needs, bounded, in order.
-- A look: time (microseconds), handset, latitude, longitude, radius in km, clock bound in s, opened, inner code, event.
-- A mark: time, site, kind, step, latitude, longitude, clock bound in s, reader, time of arrival, event.
-- known: the code proved to be one of the owner's.
CREATE TABLE suyuan.item_evidence (
    item_id   text COLLATE "C" PRIMARY KEY,
    owner_org text NOT NULL,
    known     boolean NOT NULL,
    newest    timestamptz NOT NULL,
    packed_in text COLLATE "C",
    looks     jsonb NOT NULL,
    marks     jsonb NOT NULL
);
CREATE INDEX ON suyuan.item_evidence (owner_org, newest);

-- What was looked at before there was assessing is due as well.
INSERT INTO suyuan.assessment_due SELECT item_id FROM suyuan.item_state WHERE scans > 0;

-- An opened pack is no event of its own.
CREATE FUNCTION suyuan.opening_is_due() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    INSERT INTO assessment_due VALUES (NEW.item_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER opening_is_due AFTER INSERT ON suyuan.opening
    FOR EACH ROW EXECUTE FUNCTION suyuan.opening_is_due();

GRANT SELECT, INSERT, UPDATE, DELETE ON suyuan.assessment_due, suyuan.item_evidence TO suyuan_gateway;
ALTER TABLE suyuan.item_evidence ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.item_evidence USING (suyuan.sees(owner_org));
