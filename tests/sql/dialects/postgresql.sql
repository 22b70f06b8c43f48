-- Queries over the tables of tables.sql. Behind each stand its rows (-->) or how it is refused (--!).

SELECT id, name FROM people WHERE age > 30 ORDER BY id
--> {"id":1,"name":"Ann"}
--> {"id":2,"name":"Bob"}

SELECT count(*) AS n, avg(age) AS mean FROM people
--> {"n":4,"mean":34.666666666666664}

SELECT city, count(*) AS n FROM people GROUP BY city HAVING count(*) > 1 ORDER BY city
--> {"city":"Oslo","n":2}

SELECT p.name, o.amount FROM people p JOIN orders o ON o.person = p.id ORDER BY o.amount DESC LIMIT 2
--> {"name":"Bob","amount":20.00}
--> {"name":"Ann","amount":7.25}

SELECT p.name, count(o.id) AS n FROM people AS p LEFT JOIN orders AS o ON o.person = p.id GROUP BY p.name ORDER BY n DESC, p.name
--> {"name":"Ann","n":2}
--> {"name":"Bob","n":1}
--> {"name":"Cid","n":0}
--> {"name":"Dot","n":0}

SELECT name FROM people ORDER BY age NULLS FIRST, name LIMIT 2 OFFSET 1
--> {"name":"Dot"}
--> {"name":"Ann"}

SELECT age FROM people ORDER BY age DESC LIMIT 2
--> {}
--> {"age":45}

SELECT age FROM people ORDER BY age OFFSET 2 ROWS FETCH FIRST 2 ROWS ONLY
--> {"age":45}
--> {}

WITH big AS (SELECT person, sum(amount) AS total FROM orders GROUP BY person) SELECT name, total FROM people JOIN big ON person = people.id ORDER BY total
--> {"name":"Ann","total":12.75}
--> {"name":"Bob","total":20.00}

WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT n FROM r ORDER BY n
--> {"n":1}
--> {"n":2}
--> {"n":3}
--> {"n":4}

SELECT name FROM people WHERE id IN (SELECT person FROM orders) ORDER BY name
--> {"name":"Ann"}
--> {"name":"Bob"}

SELECT name FROM people p WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.person = p.id) ORDER BY name
--> {"name":"Cid"}
--> {"name":"Dot"}

SELECT name, (SELECT max(amount) FROM orders o WHERE o.person = p.id) AS most FROM people p ORDER BY name
--> {"name":"Ann","most":7.25}
--> {"name":"Bob","most":20.00}
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

SELECT '12'::int + 1 AS a, 1.50::numeric(10,1) AS b, CAST('3' AS double precision) AS c
--> {"a":13,"b":1.5,"c":3.0}

SELECT date_trunc('month', placed) AS m, extract(year FROM placed) AS y FROM orders WHERE id = 10
--> {"m":"2031-01-01T00:00:00.000Z","y":2031}

SELECT placed + INTERVAL '1 day' AS later FROM orders WHERE id = 10
--> {"later":"2031-01-06T10:00:00.000"}

SELECT strpos(name, 'n') AS p, substring(name FROM 1 FOR 2) AS s FROM people ORDER BY id LIMIT 2
--> {"p":2,"s":"An"}
--> {"p":0,"s":"Bo"}

SELECT string_agg(name, ',' ORDER BY name) AS names FROM people WHERE age > 0
--> {"names":"Ann,Bob,Dot"}

SELECT to_char(placed, 'YYYY-MM-DD HH24:MI') AS t FROM orders WHERE id = 11
--> {"t":"2031-01-05 13:30"}

SELECT name, row_number() OVER (PARTITION BY city ORDER BY age DESC NULLS LAST) AS r FROM people ORDER BY name
--> {"name":"Ann","r":2}
--> {"name":"Bob","r":1}
--> {"name":"Cid","r":1}
--> {"name":"Dot","r":1}

SELECT person, amount, sum(amount) OVER (PARTITION BY person ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM orders ORDER BY id
--> {"person":1,"amount":5.50,"s":5.50}
--> {"person":2,"amount":20.00,"s":20.00}
--> {"person":1,"amount":7.25,"s":12.75}

SELECT sum(amount) FILTER (WHERE person = 1) AS one FROM orders
--> {"one":12.75}

SELECT name FROM people WHERE name ILIKE 'a%' OR name ~ '^B' ORDER BY name
--> {"name":"Ann"}
--> {"name":"Bob"}

SELECT "name" AS "the name" FROM people WHERE city = 'it''s' OR id = 1
--> {"the name":"Ann"}

SELECT x, y FROM (VALUES (1, 'a'), (2, 'b')) AS v(x, y) ORDER BY x
--> {"x":1,"y":"a"}
--> {"x":2,"y":"b"}

SELECT p.name, q.amount FROM people p CROSS JOIN LATERAL (SELECT amount FROM orders o WHERE o.person = p.id) AS q ORDER BY amount
--> {"name":"Ann","amount":5.50}
--> {"name":"Ann","amount":7.25}
--> {"name":"Bob","amount":20.00}

SELECT concat(name, NULL, '!') AS c FROM people WHERE id = 1
--> {"c":"Ann!"}

SELECT id FROM people WHERE age IS DISTINCT FROM 31 ORDER BY id
--! PARSE_SYNTAX_ERROR: unexpected "31" in PostgreSQL

SELECT DISTINCT city FROM people ORDER BY city NULLS FIRST
--> {}
--> {"city":"Oslo"}
--> {"city":"Rome"}

SELECT city, sum(age) AS s FROM people GROUP BY ROLLUP (city) ORDER BY city NULLS LAST, s
--> {"city":"Oslo","s":76}
--> {"city":"Rome"}
--> {"s":28}
--> {"s":104}

SELECT x -> 'a' FROM people
--! UNSUPPORTED_FEATURE: operator -> of PostgreSQL is not supported

SELECT DISTINCT ON (city) name FROM people
--! UNSUPPORTED_FEATURE: DISTINCT ON of PostgreSQL is not supported

SELECT E'a' AS e
--! PARSE_SYNTAX_ERROR: unexpected "AS" in PostgreSQL

SELECT p.name, o.id FROM people p LEFT JOIN (orders o JOIN people q ON o.person = q.id) ON o.person = p.id ORDER BY p.name, o.id
--> {"name":"Ann","id":10}
--> {"name":"Ann","id":12}
--> {"name":"Bob","id":11}
--> {"name":"Cid"}
--> {"name":"Dot"}

SELECT id FROM people UNION ALL SELECT 2 INTERSECT SELECT person FROM orders ORDER BY 1
--> {"id":1}
--> {"id":2}
--> {"id":2}
--> {"id":3}
--> {"id":4}

(SELECT id FROM people ORDER BY id DESC LIMIT 1) UNION ALL (SELECT person FROM orders ORDER BY id LIMIT 1) ORDER BY 1
--> {"id":1}
--> {"id":4}
