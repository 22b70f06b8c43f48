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

SELECT name FROM people ORDER BY age, name LIMIT 1, 2
--> {"name":"Dot"}
--> {"name":"Ann"}

SELECT age FROM people ORDER BY age LIMIT 2
--> {}
--> {"age":28}

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

SELECT CASE WHEN age >= 40 THEN "old" WHEN age IS NULL THEN 'unknown' ELSE 'young' END AS kind FROM people ORDER BY id
--> {"kind":"young"}
--> {"kind":"old"}
--> {"kind":"unknown"}
--> {"kind":"young"}

SELECT CAST('12' AS SIGNED) + 1 AS a, CAST('1.5' AS DECIMAL(10,1)) AS b
--> {"a":13,"b":1.5}

SELECT DATE_FORMAT(placed, '%Y-%m-%d %H:%i') AS t, EXTRACT(YEAR FROM placed) AS y FROM orders WHERE id = 11
--> {"t":"2031-01-05 13:30","y":2031}

SELECT DATE_ADD(placed, INTERVAL 1 DAY) AS later, placed - INTERVAL 2 HOUR AS sooner FROM orders WHERE id = 10
--> {"later":"2031-01-06T10:00:00.000","sooner":"2031-01-05T08:00:00.000"}

SELECT IFNULL(age, 0) AS a, IF(age > 35, 'o', 'y') AS k FROM people ORDER BY id
--> {"a":31,"k":"y"}
--> {"a":45,"k":"o"}
--> {"a":0,"k":"y"}
--> {"a":28,"k":"y"}

SELECT GROUP_CONCAT(name ORDER BY name DESC SEPARATOR '-') AS names FROM people
--> {"names":"Dot-Cid-Bob-Ann"}

SELECT GROUP_CONCAT(DISTINCT city) AS cities FROM people WHERE city = 'Oslo'
--> {"cities":"Oslo"}

SELECT name, row_number() OVER (PARTITION BY city ORDER BY age DESC) AS r FROM people ORDER BY name
--> {"name":"Ann","r":2}
--> {"name":"Bob","r":1}
--> {"name":"Cid","r":1}
--> {"name":"Dot","r":1}

SELECT name FROM people WHERE name LIKE 'a%' OR name REGEXP '^B' ORDER BY name
--> {"name":"Bob"}

SELECT `name` AS `the name` FROM people WHERE city = "it's" OR id = 1
--> {"the name":"Ann"}

SELECT LENGTH('é') AS bytes, CHAR_LENGTH('é') AS characters, 'a\nb' AS two
--> {"bytes":2,"characters":1,"two":"a\nb"}

SELECT id FROM people WHERE NOT (age <=> 31) ORDER BY id
--! PARSE_SYNTAX_ERROR: unexpected ">" in MySQL

SELECT GREATEST(1, NULL) AS g, LEAST(2, 1) AS l, 7 DIV 2 AS d, 7 % 4 AS m
--> {"l":1,"d":3,"m":3}

SELECT city, sum(age) AS s FROM people GROUP BY city WITH ROLLUP ORDER BY city, s
--> {"s":28}
--> {"s":104}
--> {"city":"Oslo","s":76}
--> {"city":"Rome"}

SELECT TIMESTAMPDIFF(HOUR, '2031-01-01 00:00:00', '2031-01-02 12:30:00') AS h
--> {"h":36}

SELECT sum(amount) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS s FROM orders ORDER BY id
--> {"s":5.50}
--> {"s":25.50}
--> {"s":32.75}

SELECT DISTINCT city FROM people WHERE city IS NOT NULL ORDER BY city -- comment
--> {"city":"Oslo"}
--> {"city":"Rome"}

SELECT @a + 1
--! UNSUPPORTED_FEATURE: a parameter or variable of MySQL is not supported

SELECT name FROM people FOR UPDATE
--! UNSUPPORTED_FEATURE: "locking read" has no meaning here

SELECT name COLLATE utf8mb4_bin FROM people
--! UNSUPPORTED_FEATURE: COLLATE of MySQL is not supported

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
