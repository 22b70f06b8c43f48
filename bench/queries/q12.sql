-- Bids per bidder in each 10 seconds.
SELECT window.end AS at, bidder, count(*) AS bids FROM bid GROUP BY window(dateTime, '10 seconds'), bidder
