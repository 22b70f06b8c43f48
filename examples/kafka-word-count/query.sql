-- Words of a topic, counted, and the counts written to another topic exactly once: each epoch is one Kafka transaction.
CREATE STREAM sentences
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', subscribe 'sentences', startingOffsets 'earliest');

CREATE STREAMING TABLE counts
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', topic 'counts', transactional true)
OUTPUT MODE complete
CHECKPOINT '${folder}/checkpoint'
TRIGGER AVAILABLE NOW
AS SELECT word AS key, CAST(count(*) AS STRING) AS value
   FROM (SELECT explode(split(CAST(value AS STRING), ' ')) AS word FROM sentences)
   GROUP BY word;
