-- Rates: how often goods are looked at, by hour. In profile "timescale" these are continuous aggregates of the same names
-- and columns; here they are computed when they are asked for.

-- By whom and where: the place is a cell of one degree, coarse enough to say nothing about a person.
CREATE VIEW suyuan.region_hourly AS
SELECT date_bin('1 hour', occurred_at, '2000-01-01 00:00:00+00') AS hour, owner_org, audience,
       floor(latitude) AS cell_latitude, floor(longitude) AS cell_longitude, count(*) AS looks
FROM suyuan.event
GROUP BY 1, 2, 3, 4, 5;

-- By lane: the dealer that goods were meant for, and the market in which consumers first scanned them.
CREATE VIEW suyuan.lane_hourly AS
SELECT date_bin('1 hour', e.occurred_at, '2000-01-01 00:00:00+00') AS hour, e.owner_org, f.dealer_id, f.market_id,
       count(*) AS looks
FROM suyuan.event AS e JOIN suyuan.first_scan AS f ON f.item_id = e.item_id
WHERE e.audience = 'consumer'
GROUP BY 1, 2, 3, 4;

-- By reader: a reader that falls silent, or doubles, shows here first.
CREATE VIEW suyuan.reader_hourly AS
SELECT date_bin('1 hour', occurred_at, '2000-01-01 00:00:00+00') AS hour, reader_org, reader_id, biz_step,
       count(*) AS looks
FROM suyuan.event
GROUP BY 1, 2, 3, 4;

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
