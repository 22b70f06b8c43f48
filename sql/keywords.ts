/** Keywords that cannot name a table alias: they would swallow the join or set operation that follows. Spark's strict non-reserved list. */
export const STRICT_KEYWORDS: ReadonlySet<string> = new Set(
  'ANTI ASOF CROSS EXCEPT FULL INNER INTERSECT JOIN LATERAL LEFT MINUS NATURAL ON RIGHT SEMI UNION USING'.split(' '),
)

/**
 * Words that begin a clause. Spark reserves no word, so each may also be an alias or a name: without AS such a word is an alias only
 * where the clause could not go on (see `Cursor.atImplicitAlias`).
 */
export const CLAUSE_KEYWORDS: ReadonlySet<string> = new Set(
  (
    'AS FROM WHERE GROUP HAVING QUALIFY ORDER SORT CLUSTER DISTRIBUTE LIMIT OFFSET WINDOW PIVOT UNPIVOT TABLESAMPLE WATERMARK SELECT SET ' +
    'VALUES INSERT MAP REDUCE WITH MATCH_CONDITION APPROX EXACT WHEN FOR DELAY IDENTIFIED CHANGES ROW'
  ).split(' '),
)
/** Of these, the ones that need BY after them. */
export const BY_KEYWORDS: ReadonlySet<string> = new Set(['GROUP', 'ORDER', 'SORT', 'CLUSTER', 'DISTRIBUTE'])

/** Words a misspelt one is compared with for the hint of a syntax error. */
export const HINT_KEYWORDS: readonly string[] = (
  'SELECT FROM WHERE GROUP ORDER BY HAVING QUALIFY LIMIT OFFSET JOIN INNER LEFT RIGHT FULL OUTER CROSS NATURAL ON USING UNION INTERSECT EXCEPT ' +
  'VALUES WITH RECURSIVE CREATE STREAM STREAMING TABLE TEMPORARY TEMP VIEW REPLACE INSERT INTO OUTPUT MODE TRIGGER EVERY ONCE AVAILABLE NOW ' +
  'CHECKPOINT OPTIONS WATERMARK DELAY INTERVAL EMIT AFTER IDLE LATE DATA BAD ROWS EXPLAIN DESCRIBE SHOW STOP SET RESET DROP DISTINCT BETWEEN ' +
  'LIKE PARTITION OVER WINDOW CASE WHEN THEN ELSE END CAST AS AND OR NOT NULL EXISTS LATERAL PIVOT UNPIVOT TABLESAMPLE'
).split(' ')
