-- Bids per auction in the last 10 seconds, every 2 seconds: NEXMark's hot items, the counting part.
SELECT window.end AS at, auction, count(*) AS bids FROM bid GROUP BY window(dateTime, '10 seconds', '2 seconds'), auction
