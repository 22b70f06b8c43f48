-- Queries over the tables of tables.sql. Behind each stand its rows (-->) or how it is refused (--!).

SELECT id, name FROM people WHERE age > 30 ORDER BY id
--> {"id":1,"name":"Ann"}
--> {"id":2,"name":"Bob"}

SELECT city, count(*) AS n FROM people GROUP BY city HAVING count(*) > 1 ORDER BY city
--> {"city":"Oslo","n":2}

SELECT p.name, o.amount FROM people p JOIN orders o ON o.person = p.id ORDER BY o.amount DESC LIMIT 2
--> {"name":"Bob","amount":20.00}
--> {"name":"Ann","amount":7.25}

SELECT p.name, count(o.id) AS c FROM people AS p LEFT JOIN orders AS o ON o.person = p.id GROUP BY p.name ORDER BY c DESC, p.name
--> {"name":"Ann","c":2}
--> {"name":"Bob","c":1}
--> {"name":"Cid","c":0}
--> {"name":"Dot","c":0}

SELECT name FROM people ORDER BY age, name OFFSET 1 LIMIT 2
--> {"name":"Ann"}
--> {"name":"Bob"}

SELECT age FROM people ORDER BY age DESC
--> {"age":45}
--> {"age":31}
--> {"age":28}
--> {}

SELECT age FROM people ORDER BY age OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY
--> {"age":45}
--> {}

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

SELECT CAST('12' AS bigint) + 1 AS a, CAST('1.5' AS decimal(10,1)) AS b, CAST('x' AS varchar) AS c
--> {"a":13,"b":1.5,"c":"x"}

SELECT try_cast('x' AS integer) AS a
--> {}

SELECT date_trunc('month', placed) AS m, extract(year FROM placed) AS y FROM orders WHERE id = 10
--> {"m":"2031-01-01T00:00:00.000Z","y":2031}

SELECT placed + INTERVAL '1' DAY AS later, date_add('hour', 2, placed) AS later2 FROM orders WHERE id = 10
--> {"later":"2031-01-06T10:00:00.000","later2":"2031-01-05T12:00:00.000"}

SELECT date_diff('day', DATE '2031-01-01', DATE '2031-03-01') AS d
--> {"d":59}

SELECT strpos(name, 'n') AS p, substr(name, 1, 2) AS s FROM people ORDER BY id LIMIT 2
--> {"p":2,"s":"An"}
--> {"p":0,"s":"Bo"}

SELECT date_format(placed, '%Y-%m-%d %H:%i') AS t FROM orders WHERE id = 11
--> {"t":"2031-01-05 13:30"}

SELECT name, row_number() OVER (PARTITION BY city ORDER BY age DESC) AS r FROM people ORDER BY name
--> {"name":"Ann","r":2}
--> {"name":"Bob","r":1}
--> {"name":"Cid","r":1}
--> {"name":"Dot","r":1}

SELECT sum(amount) FILTER (WHERE person = 1) AS one FROM orders
--> {"one":12.75}

SELECT x, y FROM (VALUES (1, 'a'), (2, 'b')) AS v(x, y) ORDER BY x
--> {"x":1,"y":"a"}
--> {"x":2,"y":"b"}

SELECT x FROM UNNEST(ARRAY[3, 4]) AS u(x) ORDER BY x
--> {"x":3}
--> {"x":4}

SELECT regexp_extract('a12b', '\d+') AS r, split('a.b', '.') AS s
--> {"r":"12","s":["a","b"]}

SELECT json_extract_scalar('{"a":{"b":5}}', '$.a.b') AS j
--> {"j":"5"}

SELECT approx_distinct(city) AS n, arbitrary(1) AS o FROM people
--> {"n":2,"o":1}

SELECT transform(ARRAY[1, 2], x -> x + 1) AS t
--> {"t":[2,3]}

SELECT greatest(1, NULL) AS g
--> {}

SELECT id FROM people WHERE age IS NOT DISTINCT FROM 31 ORDER BY id
--! PARSE_SYNTAX_ERROR: unexpected "FROM" in Trino

SELECT name FROM people TABLESAMPLE BERNOULLI (10)
--! UNSUPPORTED_FEATURE: "TABLESAMPLE" is lost

SELECT a FROM t MATCH_RECOGNIZE (PATTERN (x))
--! PARSE_SYNTAX_ERROR: unexpected "(" in Trino

SELECT p.name, o.id FROM people p LEFT JOIN (orders o JOIN people q ON o.person = q.id) ON o.person = p.id ORDER BY p.name, o.id
--> {"name":"Ann","id":10}
--> {"name":"Ann","id":12}
--> {"name":"Bob","id":11}
--> {"name":"Cid"}
--> {"name":"Dot"}
