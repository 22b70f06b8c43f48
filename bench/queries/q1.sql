-- Prices in another currency, exactly: the literal is a DECIMAL.
SELECT auction, bidder, price * 0.908 AS price, dateTime, extra FROM bid
