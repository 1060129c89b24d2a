-- Rates: how often goods are looked at, by hour. In profile "plain" these are views of the same names and columns; here
-- they are continuous aggregates, kept up to date in the background and complete to the last event (real time).

-- By whom and where: the place is a cell of one degree, coarse enough to say nothing about a person.
CREATE MATERIALIZED VIEW suyuan.region_hourly WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT time_bucket('1 hour', occurred_at) AS hour, owner_org, audience,
       floor(latitude) AS cell_latitude, floor(longitude) AS cell_longitude, count(*) AS looks
FROM suyuan.event
GROUP BY 1, 2, 3, 4, 5
WITH NO DATA;

-- By lane: the dealer that goods were meant for, and the market in which consumers first scanned them. What is refreshed
-- is what gained events: a first scan that turned out to be another's shows with the next refresh of its hour.
CREATE MATERIALIZED VIEW suyuan.lane_hourly WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT time_bucket('1 hour', e.occurred_at) AS hour, e.owner_org, f.dealer_id, f.market_id, count(*) AS looks
FROM suyuan.event AS e JOIN suyuan.first_scan AS f ON f.item_id = e.item_id
WHERE e.audience = 'consumer'
GROUP BY 1, 2, 3, 4
WITH NO DATA;

-- By reader: a reader that falls silent, or doubles, shows here first.
CREATE MATERIALIZED VIEW suyuan.reader_hourly WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT time_bucket('1 hour', occurred_at) AS hour, reader_org, reader_id, biz_step, count(*) AS looks
FROM suyuan.event
GROUP BY 1, 2, 3, 4
WITH NO DATA;

-- The window reaches back as far as readers may have been offline; beyond it a late event counts when somebody refreshes.
SELECT add_continuous_aggregate_policy(rate::regclass, start_offset => interval '60 days',
                                       end_offset => interval '1 hour', schedule_interval => interval '15 minutes')
FROM unnest(ARRAY['suyuan.region_hourly', 'suyuan.lane_hourly', 'suyuan.reader_hourly']) AS rate;

-- Ten years of events: longer than goods are kept, and than claims about them can be raised. Rates outlive them.
SELECT add_retention_policy('suyuan.event', drop_after => interval '10 years');

GRANT SELECT ON suyuan.region_hourly, suyuan.lane_hourly, suyuan.reader_hourly TO suyuan_gateway;

-- Tenants read rates as they read events: through a barrier.
CREATE VIEW suyuan.visible_region_hourly WITH (security_barrier = true) AS
SELECT * FROM suyuan.region_hourly WHERE suyuan.sees(owner_org);
CREATE VIEW suyuan.visible_lane_hourly WITH (security_barrier = true) AS
SELECT * FROM suyuan.lane_hourly WHERE suyuan.sees(owner_org);
CREATE VIEW suyuan.visible_reader_hourly WITH (security_barrier = true) AS
SELECT * FROM suyuan.reader_hourly WHERE suyuan.sees(reader_org);
GRANT SELECT ON suyuan.visible_region_hourly, suyuan.visible_lane_hourly, suyuan.visible_reader_hourly
    TO suyuan_resolver;
