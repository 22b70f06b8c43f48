-- What consumers of the topic see: committed epochs only.
CREATE TABLE per_minute_topic (page STRING, minute TIMESTAMP, clicks BIGINT)
USING kafka OPTIONS (
  'kafka.bootstrap.servers' '${servers}', subscribe 'per-minute', 'kafka.isolation.level' 'read_committed', format 'json'
);
SELECT * FROM per_minute_topic ORDER BY minute, page;
