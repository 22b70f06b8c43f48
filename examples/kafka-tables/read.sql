-- The topic as a table, read from its beginning to now.
CREATE TABLE orders
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', subscribe 'orders');
SELECT partition, offset, CAST(key AS STRING) AS customer, CAST(value AS STRING) AS value FROM orders ORDER BY partition, offset;

-- And what lies between offsets, for instance between those of two progress reports: the end is not part of it; -2 is the beginning, -1 the end.
CREATE TABLE some_orders (customer STRING, amount DECIMAL(10, 2))
USING kafka OPTIONS (
  'kafka.bootstrap.servers' '${servers}', subscribe 'orders', format 'json',
  startingOffsets '{"orders":{"0":1,"1":-2}}', endingOffsets '{"orders":{"0":-1,"1":2}}'
);
SELECT customer, sum(amount) AS amount FROM some_orders GROUP BY customer ORDER BY customer;
