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

SELECT name FROM people ORDER BY age, name LIMIT 2 OFFSET 1
--> {"name":"Ann"}
--> {"name":"Bob"}

SELECT age FROM people ORDER BY age DESC LIMIT 2
--> {}
--> {"age":45}

WITH big AS (SELECT person, sum(amount) AS total FROM orders GROUP BY person) SELECT name, total FROM people JOIN big ON person = people.id ORDER BY total
--> {"name":"Ann","total":12.75}
--> {"name":"Bob","total":20.00}

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

SELECT id FROM people MINUS SELECT person FROM orders
--! PARSE_SYNTAX_ERROR: unexpected "SELECT" in Snowflake

SELECT CASE WHEN age >= 40 THEN 'old' WHEN age IS NULL THEN 'unknown' ELSE 'young' END AS kind FROM people ORDER BY id
--> {"kind":"young"}
--> {"kind":"old"}
--> {"kind":"unknown"}
--> {"kind":"young"}

SELECT '12'::number + 1 AS a, '1.5'::number(10,1) AS b, 1::varchar AS c
--> {"a":13,"b":1.5,"c":"1"}

SELECT try_cast('x' AS float) AS a
--> {}

SELECT date_trunc('month', placed) AS m, year(placed) AS y FROM orders WHERE id = 10
--> {"m":"2031-01-01T00:00:00.000Z","y":2031}

SELECT dateadd(day, 1, placed) AS later FROM orders WHERE id = 10
--> {"later":"2031-01-06T10:00:00.000"}

SELECT datediff(month, '2031-01-31'::date, '2031-02-01'::date) AS m, datediff('day', '2031-01-01'::date, '2031-01-31'::date) AS d
--> {"m":1,"d":30}

SELECT iff(age > 35, 'o', 'y') AS k, nvl(age, 0) AS a, zeroifnull(age) AS z FROM people ORDER BY id
--> {"k":"y","a":31,"z":31}
--> {"k":"o","a":45,"z":45}
--> {"k":"y","a":0,"z":0}
--> {"k":"y","a":28,"z":28}

SELECT to_varchar(placed, 'YYYY-MM-DD HH24:MI') AS t FROM orders WHERE id = 11
--> {"t":"2031-01-05 13:30"}

SELECT name FROM people QUALIFY row_number() OVER (PARTITION BY city ORDER BY age DESC NULLS LAST) = 1 ORDER BY name
--> {"name":"Bob"}
--> {"name":"Cid"}
--> {"name":"Dot"}

SELECT sum(amount) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM orders ORDER BY id
--> {"s":5.50}
--> {"s":25.50}
--> {"s":32.75}

SELECT name FROM people WHERE name ILIKE 'a%' OR startswith(name, 'B') ORDER BY name
--> {"name":"Ann"}
--> {"name":"Bob"}

SELECT "name" AS "the name" FROM people WHERE city = 'it\'s' OR id = 1
--> {"the name":"Ann"}

SELECT x, y FROM (VALUES (1, 'a'), (2, 'b')) AS v(x, y) ORDER BY x
--> {"x":1,"y":"a"}
--> {"x":2,"y":"b"}

SELECT div0(1, 0) AS d, greatest(1, NULL) AS g
--> {"d":0.0}

SELECT split('a.b', '.') AS s
--> {"s":["a","b"]}

SELECT listagg(name, ',') WITHIN GROUP (ORDER BY name) AS names FROM people
--! PARSE_SYNTAX_ERROR: unexpected "(" in Snowflake

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age) AS p FROM people
--> {"p":31.0}

SELECT src:a.b FROM people
--! UNSUPPORTED_FEATURE: a path into a VARIANT of Snowflake is not supported

SELECT $1 FROM people
--! UNSUPPORTED_FEATURE: a parameter or variable of Snowflake is not supported

SELECT p.name, o.id FROM people p LEFT JOIN (orders o JOIN people q ON o.person = q.id) ON o.person = p.id ORDER BY p.name, o.id
--> {"name":"Ann","id":10}
--> {"name":"Ann","id":12}
--> {"name":"Bob","id":11}
--> {"name":"Cid"}
--> {"name":"Dot"}

(SELECT id FROM people ORDER BY id DESC LIMIT 1) UNION ALL (SELECT person FROM orders ORDER BY id LIMIT 1) ORDER BY 1
--> {"id":1}
--> {"id":4}
