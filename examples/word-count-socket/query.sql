-- Lines from a socket: type them into `nc -lk 9999` in another terminal.
CREATE STREAM lines USING socket OPTIONS (host '127.0.0.1', port ${port});

CREATE STREAMING TABLE word_counts
USING console
OUTPUT MODE complete
TRIGGER EVERY INTERVAL 500 MILLISECONDS
AS SELECT word, count(*) AS n
   FROM (SELECT explode(split(value, ' ')) AS word FROM lines)
   GROUP BY word
   ORDER BY word;
