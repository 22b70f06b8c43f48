-- What the queries beside this file read, in Spark SQL.
CREATE TEMPORARY VIEW people AS SELECT * FROM VALUES
  (1, 'Ann', 31, 'Oslo'), (2, 'Bob', 45, 'Oslo'), (3, 'Cid', NULL, 'Rome'), (4, 'Dot', 28, NULL) AS t(id, name, age, city);
CREATE TEMPORARY VIEW orders AS SELECT * FROM VALUES
  (10, 1, 5.50, TIMESTAMP_NTZ '2031-01-05 10:00:00'), (11, 2, 20.00, TIMESTAMP_NTZ '2031-01-05 13:30:00'),
  (12, 1, 7.25, TIMESTAMP_NTZ '2031-01-06 09:00:00') AS t(id, person, amount, placed);
