-- Values are decoded from their bytes straight to columns (format 'json'); files get each click once.
CREATE STREAM clicks (user STRING, url STRING, at TIMESTAMP)
USING kafka OPTIONS (
  'kafka.bootstrap.servers' '${servers}', subscribe 'clicks', startingOffsets 'earliest', format 'json', mode 'DROPMALFORMED'
);

CREATE STREAMING TABLE click_files
USING json OPTIONS (path '${folder}/clicks')
CHECKPOINT '${folder}/checkpoint'
TRIGGER AVAILABLE NOW
AS SELECT user, url, at FROM clicks WHERE url = '/home';
