-- Clicks a page and minute, from topic to topic, each count exactly once: an epoch is one Kafka transaction. A minute is counted when no click of it can
-- come any more (append mode), and the last ones when the topic has been read to its end (EMIT AFTER IDLE).
CREATE STREAM clicks (page STRING, at TIMESTAMP)
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', subscribe 'clicks', startingOffsets 'earliest', format 'json')
WATERMARK at DELAY OF INTERVAL 10 SECONDS;

CREATE STREAMING TABLE per_minute
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', topic 'per-minute', transactional true)
CHECKPOINT '${folder}/checkpoint'
EMIT AFTER IDLE '0 seconds'
TRIGGER AVAILABLE NOW
AS SELECT page AS key, to_json(named_struct('page', page, 'minute', window.start, 'clicks', count(*))) AS value
   FROM clicks
   GROUP BY page, window(at, '1 minute');
