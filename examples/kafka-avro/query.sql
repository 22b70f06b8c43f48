-- The columns are those of the schema, and beside them the offset and the time of each record. What cannot be read is left out, and kept with where it was.
CREATE STREAM clicks
USING kafka OPTIONS (
  'kafka.bootstrap.servers' '${servers}', subscribe 'clicks', startingOffsets 'earliest',
  format 'avro', avroSchemaUrl 'examples/kafka-avro/click.avsc', mode 'DROPMALFORMED',
  metadataColumns 'offset'
)
BAD ROWS TO no_clicks;

CREATE STREAMING TABLE seen USING memory TRIGGER AVAILABLE NOW
AS SELECT * FROM clicks;

SELECT offset, user, page, at, price, tags FROM seen ORDER BY offset;
SELECT CAST(bytes AS STRING) AS value, regexp_extract(origin, '(.*), timestamp', 1) AS origin, reason FROM no_clicks;

-- Only the fields that are named, by name; the offset in a place and under a name of its own, as Flink declares it.
CREATE TABLE prices (position BIGINT METADATA FROM 'offset', user STRING, price DECIMAL(12, 3))
USING kafka OPTIONS (
  'kafka.bootstrap.servers' '${servers}', subscribe 'clicks',
  format 'avro', avroSchemaUrl 'examples/kafka-avro/click.avsc', mode 'DROPMALFORMED'
);
SELECT user, sum(price) AS spent, max(position) AS last FROM prices GROUP BY user ORDER BY user;
