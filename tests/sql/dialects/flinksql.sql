-- Queries over the tables of tables.sql. Behind each stand its rows (-->) or how it is refused (--!).

SELECT id, name FROM people WHERE age > 30 ORDER BY id
--> {"id":1,"name":"Ann"}
--> {"id":2,"name":"Bob"}

SELECT city, count(*) AS n FROM people GROUP BY city HAVING count(*) > 1 ORDER BY city
--> {"city":"Oslo","n":2}

SELECT p.name, o.amount FROM people AS p JOIN orders AS o ON o.person = p.id ORDER BY o.amount DESC LIMIT 2
--> {"name":"Bob","amount":20.00}
--> {"name":"Ann","amount":7.25}

SELECT p.name, count(o.id) AS c FROM people AS p LEFT JOIN orders AS o ON o.person = p.id GROUP BY p.name ORDER BY c DESC, p.name
--> {"name":"Ann","c":2}
--> {"name":"Bob","c":1}
--> {"name":"Cid","c":0}
--> {"name":"Dot","c":0}

SELECT age FROM people ORDER BY age LIMIT 2
--> {}
--> {"age":28}

SELECT name FROM people ORDER BY age, name OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY
--> {"name":"Dot"}
--> {"name":"Ann"}

WITH big AS (SELECT person, sum(amount) AS total FROM orders GROUP BY person) SELECT name, total FROM people JOIN big ON person = people.id ORDER BY total
--> {"name":"Ann","total":12.75}
--> {"name":"Bob","total":20.00}

SELECT name FROM people WHERE id IN (SELECT person FROM orders) ORDER BY name
--> {"name":"Ann"}
--> {"name":"Bob"}

SELECT name FROM people p WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.person = p.id) ORDER BY name
--> {"name":"Cid"}
--> {"name":"Dot"}

SELECT id FROM people WHERE id < 3 UNION SELECT person FROM orders ORDER BY 1
--> {"id":1}
--> {"id":2}

SELECT id FROM people EXCEPT SELECT person FROM orders
--> {"id":3}
--> {"id":4}

SELECT CASE WHEN age >= 40 THEN 'old' WHEN age IS NULL THEN 'unknown' ELSE 'young' END AS kind FROM people ORDER BY id
--> {"kind":"young"}
--> {"kind":"old"}
--> {"kind":"unknown"}
--> {"kind":"young"}

SELECT CAST('12' AS INT) + 1 AS a, CAST('1.5' AS DECIMAL(10, 1)) AS b, CAST(1 AS STRING) AS c
--> {"a":13,"b":1.5,"c":"1"}

SELECT EXTRACT(YEAR FROM placed) AS y, DATE_FORMAT(placed, 'yyyy-MM-dd HH:mm') AS t FROM orders WHERE id = 11
--> {"y":2031,"t":"2031-01-05 13:30"}

SELECT placed + INTERVAL '1' DAY AS later FROM orders WHERE id = 10
--> {"later":"2031-01-06T10:00:00.000"}

SELECT TIMESTAMPDIFF(HOUR, TIMESTAMP '2031-01-01 00:00:00', TIMESTAMP '2031-01-02 12:30:00') AS h
--> {"h":36}

SELECT IFNULL(age, 0) AS a, IF(age > 35, 'o', 'y') AS k FROM people ORDER BY id
--> {"a":31,"k":"y"}
--> {"a":45,"k":"o"}
--> {"a":0,"k":"y"}
--> {"a":28,"k":"y"}

SELECT LISTAGG(name, ',') AS names FROM people WHERE id = 1
--> {"names":"Ann"}

SELECT name, ROW_NUMBER() OVER (PARTITION BY city ORDER BY age DESC) AS r FROM people ORDER BY name
--> {"name":"Ann","r":2}
--> {"name":"Bob","r":1}
--> {"name":"Cid","r":1}
--> {"name":"Dot","r":1}

SELECT name FROM (SELECT name, ROW_NUMBER() OVER (PARTITION BY city ORDER BY age DESC) AS r FROM people) AS ranked WHERE r = 1 ORDER BY name
--> {"name":"Bob"}
--> {"name":"Cid"}
--> {"name":"Dot"}

SELECT name FROM people WHERE name LIKE 'A%' ORDER BY name
--> {"name":"Ann"}

SELECT `name` AS `the name` FROM people WHERE city = 'it''s' OR id = 1
--> {"the name":"Ann"}

SELECT window_start, window_end, sum(amount) AS s FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(placed), INTERVAL '1' DAY)) GROUP BY window_start, window_end ORDER BY window_start
--> {"window_start":"2031-01-05T00:00:00.000","window_end":"2031-01-06T00:00:00.000","s":25.50}
--> {"window_start":"2031-01-06T00:00:00.000","window_end":"2031-01-07T00:00:00.000","s":7.25}

SELECT window_start, count(*) AS n FROM TABLE(HOP(TABLE orders, DESCRIPTOR(placed), INTERVAL '12' HOURS, INTERVAL '1' DAY)) GROUP BY window_start, window_end ORDER BY window_start
--> {"window_start":"2031-01-04T12:00:00.000","n":1}
--> {"window_start":"2031-01-05T00:00:00.000","n":2}
--> {"window_start":"2031-01-05T12:00:00.000","n":2}
--> {"window_start":"2031-01-06T00:00:00.000","n":1}

SELECT window_end, count(*) AS n FROM TABLE(CUMULATE(TABLE orders, DESCRIPTOR(placed), INTERVAL '12' HOURS, INTERVAL '1' DAY)) GROUP BY window_start, window_end ORDER BY window_end
--> {"window_end":"2031-01-05T12:00:00.000","n":1}
--> {"window_end":"2031-01-06T00:00:00.000","n":2}
--> {"window_end":"2031-01-06T12:00:00.000","n":1}
--> {"window_end":"2031-01-07T00:00:00.000","n":1}

SELECT sum(amount) FILTER (WHERE person = 1) AS one FROM orders
--> {"one":12.75}

SELECT JSON_VALUE('{"a":5}', '$.a') AS j, REGEXP_EXTRACT('a12b', '([0-9]+)b', 1) AS r
--> {"j":"5","r":"12"}

SELECT x, y FROM (VALUES (1, 'a'), (2, 'b')) AS v(x, y) ORDER BY x
--> {"x":1,"y":"a"}
--> {"x":2,"y":"b"}

SELECT SUBSTRING(name FROM 1 FOR 2) AS s, POSITION('n' IN name) AS p, TRIM(BOTH 'A' FROM name) AS t FROM people ORDER BY id LIMIT 2
--> {"s":"An","p":2,"t":"nn"}
--> {"s":"Bo","p":0,"t":"Bob"}

SELECT DISTINCT city FROM people WHERE city IS NOT NULL ORDER BY city
--> {"city":"Oslo"}
--> {"city":"Rome"}

SELECT name FROM people MATCH_RECOGNIZE (PATTERN (x))
--! PARSE_SYNTAX_ERROR: unexpected "(" in Flink SQL

SELECT p.name FROM people AS p JOIN orders FOR SYSTEM_TIME AS OF p.at AS o ON o.person = p.id
--! PARSE_SYNTAX_ERROR: unexpected "SYSTEM_TIME" in Flink SQL

SELECT id FROM people UNION ALL SELECT 2 INTERSECT SELECT person FROM orders ORDER BY 1
--> {"id":1}
--> {"id":2}
--> {"id":2}
--> {"id":3}
--> {"id":4}

(SELECT id FROM people ORDER BY id DESC LIMIT 1) UNION ALL (SELECT person FROM orders ORDER BY id LIMIT 1) ORDER BY 1
--> {"id":1}
--> {"id":4}
