-- The topic of counts, read as a table.
CREATE TABLE counts_topic
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', subscribe 'counts', 'kafka.isolation.level' 'read_committed');

SELECT CAST(key AS STRING) AS word, CAST(CAST(value AS STRING) AS INT) AS n
FROM counts_topic
ORDER BY n DESC, word
LIMIT 5;
