-- Clicks as Avro into a topic, written with the schema in click.avsc. With a schema registry it would be registered: schemaRegistry 'http://localhost:8081'.
CREATE TABLE clicks_out (key STRING, value STRUCT<user: STRING, page: STRING, at: TIMESTAMP, price: DECIMAL(9, 2), tags: ARRAY<STRING>>)
USING kafka OPTIONS (
  'kafka.bootstrap.servers' '${servers}', topic 'clicks', format 'avro', avroSchemaUrl 'examples/kafka-avro/click.avsc'
);

INSERT INTO clicks_out
SELECT user, named_struct('user', user, 'page', page, 'at', at, 'price', price, 'tags', tags)
FROM VALUES
  ('ann', '/cart', TIMESTAMP'2031-03-04 12:00:05', 12.50BD, array('new')),
  ('bob', NULL, TIMESTAMP'2031-03-04 12:00:20', 3BD, array()),
  ('ann', '/home', TIMESTAMP'2031-03-04 12:01:03', 0.99BD, array('new', 'sale'))
  AS t(user, page, at, price, tags);

-- Something that is no click.
CREATE TABLE anything (value STRING) USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', topic 'clicks');
INSERT INTO anything VALUES ('not Avro');
