-- The highest price in each 10 seconds.
SELECT window.end AS at, max(price) AS price FROM bid GROUP BY window(dateTime, '10 seconds')
