-- Every column of every bid.
SELECT auction, bidder, price, channel, url, dateTime, extra FROM bid
