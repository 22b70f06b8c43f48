-- The same stream into files, exactly once: stop it at any moment with kill -9 and start it again; each line is in out/ once.
CREATE STREAM lines USING text OPTIONS (path '${input}', maxFilesPerTrigger 1);

CREATE STREAMING TABLE words
USING json OPTIONS (path '${output}')
CHECKPOINT '${checkpoint}'
AS SELECT explode(split(lower(value), ' ')) AS word FROM lines;
