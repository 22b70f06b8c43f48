-- A table written to a topic, once: the columns key and value (and topic, partition, headers) are the parts of the records.
CREATE TABLE orders_out (key STRING, value STRING, partition INT)
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', topic 'orders');

INSERT INTO orders_out
SELECT customer, to_json(struct(customer, amount)), id % 2
FROM VALUES (0, 'ann', 12.50), (1, 'bob', 3.00), (2, 'ann', 8.25), (3, 'eve', 99.90), (4, 'bob', 1.75), (5, 'eve', 20.00)
  AS orders(id, customer, amount);
