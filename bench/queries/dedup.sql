-- Bids once each: the runner adds dropDuplicates over all three columns, since SQL has no word for it. Keys are kept until the watermark passes them.
SELECT auction, bidder, dateTime FROM bid
