-- Counts in 10-minute windows sliding by 5. A window is final, and printed once, when the watermark (the newest time seen less 10 minutes)
-- has passed its end; rows for it that come later are late: dropped and counted in the progress report (--progress).
CREATE STREAM events (at TIMESTAMP, word STRING)
USING json OPTIONS (path 'examples/late-events/input', maxFilesPerTrigger 1)
WATERMARK at DELAY OF INTERVAL 10 MINUTES;

CREATE STREAMING TABLE word_windows
USING console OPTIONS (truncate false)
OUTPUT MODE append
TRIGGER AVAILABLE NOW
AS SELECT window.start, window.end, word, count(*) AS n
   FROM events
   GROUP BY window(at, '10 minutes', '5 minutes'), word;
