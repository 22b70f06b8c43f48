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

SELECT name FROM people ORDER BY age, name LIMIT 2 OFFSET 1
--> {"name":"Dot"}
--> {"name":"Ann"}

SELECT age FROM people ORDER BY age LIMIT 2
--> {}
--> {"age":28}

WITH big AS (SELECT person, sum(amount) AS total FROM orders GROUP BY person) SELECT name, total FROM people JOIN big ON person = people.id ORDER BY total
--> {"name":"Ann","total":12.75}
--> {"name":"Bob","total":20.00}

SELECT name FROM people WHERE id IN (SELECT person FROM orders) ORDER BY name
--> {"name":"Ann"}
--> {"name":"Bob"}

SELECT name FROM people AS p WHERE NOT EXISTS (SELECT 1 FROM orders AS o WHERE o.person = p.id) ORDER BY name
--> {"name":"Cid"}
--> {"name":"Dot"}

SELECT name, (SELECT max(amount) FROM orders AS o WHERE o.person = p.id) AS most FROM people AS p ORDER BY name
--> {"name":"Ann","most":7.25}
--> {"name":"Bob","most":20.00}
--> {"name":"Cid"}
--> {"name":"Dot"}

SELECT id FROM people WHERE id < 3 UNION DISTINCT SELECT person FROM orders ORDER BY 1
--> {"id":1}
--> {"id":2}

SELECT id FROM people EXCEPT DISTINCT SELECT person FROM orders
--> {"id":3}
--> {"id":4}

SELECT CASE WHEN age >= 40 THEN "old" WHEN age IS NULL THEN 'unknown' ELSE 'young' END AS kind FROM people ORDER BY id
--> {"kind":"young"}
--> {"kind":"old"}
--> {"kind":"unknown"}
--> {"kind":"young"}

SELECT CAST('12' AS INT64) + 1 AS a, CAST('1.5' AS FLOAT64) AS b, SAFE_CAST('x' AS INT64) AS c
--> {"a":13,"b":1.5}

SELECT DATE_TRUNC(DATE '2031-02-03', MONTH) AS m, EXTRACT(YEAR FROM placed) AS y FROM orders WHERE id = 10
--> {"m":"2031-02-01","y":2031}

SELECT DATE_ADD(DATE '2031-01-31', INTERVAL 1 DAY) AS later
--> {"later":"2031-02-01"}

SELECT DATE_DIFF(DATE '2031-02-01', DATE '2031-01-31', MONTH) AS m
--> {"m":1}

SELECT IFNULL(age, 0) AS a, IF(age > 35, 'o', 'y') AS k FROM people ORDER BY id
--> {"a":31,"k":"y"}
--> {"a":45,"k":"o"}
--> {"a":0,"k":"y"}
--> {"a":28,"k":"y"}

SELECT STRING_AGG(name, ',' ORDER BY name) AS names FROM people
--! PARSE_SYNTAX_ERROR: unexpected "ORDER" in BigQuery

SELECT FORMAT_DATE('%Y/%m', DATE '2031-02-03') AS f
--> {"f":"2031/02"}

SELECT name, ROW_NUMBER() OVER (PARTITION BY city ORDER BY age DESC) AS r FROM people ORDER BY name
--> {"name":"Ann","r":2}
--> {"name":"Bob","r":1}
--> {"name":"Cid","r":1}
--> {"name":"Dot","r":1}

SELECT name FROM people WHERE STARTS_WITH(name, 'A') OR REGEXP_CONTAINS(name, '^B') ORDER BY name
--> {"name":"Ann"}
--> {"name":"Bob"}

SELECT `name` AS `the name` FROM people WHERE city = "it's" OR id = 1
--> {"the name":"Ann"}

SELECT x FROM UNNEST([3, 4]) AS x ORDER BY x
--> {"x":3}
--> {"x":4}

SELECT SAFE_DIVIDE(1, 0) AS d, COUNTIF(age > 35) AS n FROM people
--> {"n":1}

SELECT * EXCEPT (age, city) FROM people ORDER BY id
--> {"id":1,"name":"Ann"}
--> {"id":2,"name":"Bob"}
--> {"id":3,"name":"Cid"}
--> {"id":4,"name":"Dot"}

SELECT REGEXP_EXTRACT('a12b', '([0-9]+)b') AS r, STRPOS('abc', 'c') AS p
--> {"r":"12","p":3}

SELECT [1, 2][OFFSET(0)] AS a
--! UNSUPPORTED_FEATURE: a subscript of BigQuery is not supported

SELECT STRUCT(1 AS a, 'x' AS b) AS s
--> {"s":{"a":1,"b":"x"}}

SELECT name FROM people WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY city ORDER BY age DESC) = 1 ORDER BY name
--> {"name":"Bob"}
--> {"name":"Cid"}
--> {"name":"Dot"}

SELECT AS STRUCT id FROM people
--! UNSUPPORTED_FEATURE: "as struct val" has no meaning here

SELECT id FROM people WHERE id = @p
--! UNSUPPORTED_FEATURE: a parameter or variable of BigQuery is not supported

(SELECT id FROM people ORDER BY id DESC LIMIT 1) UNION ALL (SELECT person FROM orders ORDER BY id LIMIT 1) ORDER BY 1
--! UNSUPPORTED_FEATURE: "1" is lost
