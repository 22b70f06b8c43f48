-- Words in a folder of text files, counted as files come: one file an epoch.
CREATE STREAM lines USING text OPTIONS (path 'examples/word-count-files/input', maxFilesPerTrigger 1);

CREATE STREAMING TABLE word_counts
USING console
OUTPUT MODE complete
TRIGGER AVAILABLE NOW
AS SELECT word, count(*) AS n
   FROM (SELECT explode(split(lower(value), ' ')) AS word FROM lines)
   WHERE word <> ''
   GROUP BY word
   ORDER BY n DESC, word;
