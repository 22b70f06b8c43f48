/**
 * The statements of Spark that Millrace reads and does not run, as data. In the notation, upper-case words and quoted signs are
 * themselves, lower-case words are readers (see command.ts), `[ ]` is optional, `( a | b )` a choice, `( )*` any number of times and
 * `{ }` a list with commas. Every piece stands between blanks. The first pattern that reads the whole statement counts.
 */
const NAMESPACE = '( NAMESPACE | DATABASE | SCHEMA )'
const TABLE_OR_VIEW = '( TABLE | VIEW )'
const FROM_NAME = '[ ( FROM | IN ) name ]'
const LIKE_TEXT = '[ [ LIKE ] text ]'

const PATTERNS: readonly (readonly [what: string, pattern: string])[] = [
  ['USE', `USE [ ${NAMESPACE} ] name`],
  ['SET CATALOG', 'SET CATALOG ( word | text | name )'],
  ['SET PATH', 'SET PATH = anything'],
  ['SET VARIABLE', "SET ( VAR | VARIABLE ) '(' { name } ')' = '(' query ')'"],
  ['SET VARIABLE', 'SET ( VAR | VARIABLE ) { name = ( DEFAULT | expression ) }'],
  ['DECLARE', 'DECLARE [ OR REPLACE ] [ VAR | VARIABLE ] { name } variableTypeOrDefault'],
  ['DECLARE', 'DECLARE [ OR REPLACE ] { name } variableTypeOrDefault'],
  ['DROP TEMPORARY VARIABLE', 'DROP ( TEMPORARY | TEMP ) ( VAR | VARIABLE ) [ IF EXISTS ] name'],
  ['EXECUTE IMMEDIATE', "EXECUTE IMMEDIATE expression [ INTO { name } ] [ USING ( '(' { named } ')' | { named } ) ]"],
  ['CALL', "CALL name '(' [ { argument } ] ')'"],

  [
    'CREATE DATABASE',
    `CREATE ${NAMESPACE} [ IF NOT EXISTS ] name ( COMMENT text | LOCATION text | WITH ( DBPROPERTIES | PROPERTIES ) options )*`,
  ],
  ['ALTER DATABASE', `ALTER ${NAMESPACE} name SET ( DBPROPERTIES | PROPERTIES ) options`],
  ['ALTER DATABASE', `ALTER ${NAMESPACE} name UNSET ( DBPROPERTIES | PROPERTIES ) keys`],
  ['ALTER DATABASE', `ALTER ${NAMESPACE} name SET LOCATION text`],
  ['DROP DATABASE', `DROP ${NAMESPACE} [ IF EXISTS ] name [ RESTRICT | CASCADE ]`],
  ['SHOW DATABASES', `SHOW ( NAMESPACES | DATABASES | SCHEMAS ) ${FROM_NAME} ${LIKE_TEXT}`],

  ['ALTER TABLE', "ALTER TABLE name ADD ( COLUMN | COLUMNS ) ( '(' { newColumn } ')' | { newColumn } )"],
  ['ALTER TABLE', 'ALTER TABLE name ADD constraint'],
  ['ALTER TABLE', 'ALTER TABLE name DROP CONSTRAINT [ IF EXISTS ] word [ RESTRICT | CASCADE ]'],
  ['ALTER TABLE', 'ALTER TABLE name RENAME COLUMN column TO word'],
  ['ALTER TABLE', "ALTER TABLE name DROP ( COLUMN | COLUMNS ) [ IF EXISTS ] ( '(' { column } ')' | { column } )"],
  ['ALTER TABLE', `ALTER ${TABLE_OR_VIEW} name RENAME TO column`],
  ['ALTER TABLE', `ALTER ${TABLE_OR_VIEW} name SET TBLPROPERTIES options`],
  ['ALTER TABLE', `ALTER ${TABLE_OR_VIEW} name UNSET TBLPROPERTIES [ IF EXISTS ] keys`],
  [
    'ALTER TABLE',
    'ALTER TABLE name ( ALTER | CHANGE ) [ COLUMN ] { column ( TYPE type | COMMENT text | FIRST | AFTER word | SET NOT NULL | DROP NOT NULL | SET DEFAULT expression | DROP DEFAULT ) }',
  ],
  ['ALTER TABLE', 'ALTER TABLE name [ partition ] CHANGE [ COLUMN ] changedColumn [ COMMENT text ] [ FIRST | AFTER word ]'],
  ['ALTER TABLE', "ALTER TABLE name REPLACE COLUMNS '(' { replacedColumn } ')'"],
  ['ALTER TABLE', 'ALTER TABLE name [ partition ] SET SERDE text [ WITH SERDEPROPERTIES options ]'],
  ['ALTER TABLE', 'ALTER TABLE name [ partition ] SET SERDEPROPERTIES options'],
  [
    'ALTER TABLE',
    `ALTER ${TABLE_OR_VIEW} name ADD [ IF NOT EXISTS ] fullPartition [ LOCATION text ] ( fullPartition [ LOCATION text ] )*`,
  ],
  ['ALTER TABLE', 'ALTER TABLE name fullPartition RENAME TO fullPartition'],
  ['ALTER TABLE', `ALTER ${TABLE_OR_VIEW} name DROP [ IF EXISTS ] { partition } [ PURGE ]`],
  ['ALTER TABLE', 'ALTER TABLE name [ fullPartition ] SET LOCATION text'],
  ['ALTER TABLE', 'ALTER TABLE name RECOVER PARTITIONS'],
  ['ALTER TABLE', "ALTER TABLE name CLUSTER BY ( NONE | '(' { column } ')' )"],
  ['ALTER TABLE', 'ALTER TABLE name DEFAULT COLLATION collation'],
  ['ALTER VIEW', 'ALTER VIEW name WITH SCHEMA ( BINDING | COMPENSATION | [ TYPE ] EVOLUTION )'],
  ['ALTER VIEW', 'ALTER VIEW name [ AS ] query'],

  ['ANALYZE TABLE', 'ANALYZE TABLE name [ partition ] COMPUTE STATISTICS FOR ALL COLUMNS'],
  ['ANALYZE TABLE', 'ANALYZE TABLE name [ partition ] COMPUTE STATISTICS FOR COLUMNS { word }'],
  ['ANALYZE TABLE', 'ANALYZE TABLE name [ partition ] COMPUTE STATISTICS [ noscan ]'],
  ['ANALYZE TABLES', `ANALYZE TABLES ${FROM_NAME} COMPUTE STATISTICS [ noscan ]`],
  ['REFRESH', 'REFRESH ( TABLE | FUNCTION ) name'],
  ['REFRESH', 'REFRESH anything'],
  ['CACHE TABLE', 'CACHE [ LAZY ] TABLE word [ OPTIONS options ] [ AS ] query'],
  ['CACHE TABLE', 'CACHE [ LAZY ] TABLE name [ OPTIONS options ]'],
  ['UNCACHE TABLE', 'UNCACHE TABLE [ IF EXISTS ] name'],
  ['CLEAR CACHE', 'CLEAR CACHE'],
  ['LOAD DATA', 'LOAD DATA [ LOCAL ] INPATH text [ OVERWRITE ] INTO TABLE name [ partition ]'],
  ['TRUNCATE TABLE', 'TRUNCATE TABLE name [ partition ]'],
  ['REPAIR TABLE', '[ MSCK ] REPAIR TABLE name [ ( ADD | DROP | SYNC ) PARTITIONS ]'],
  ['ADD', 'ADD word anything'],
  ['LIST', 'LIST word anything'],

  [
    'CREATE FUNCTION',
    'CREATE [ OR REPLACE ] [ TEMPORARY | TEMP ] FUNCTION [ IF NOT EXISTS ] name AS text [ USING { word text } ]',
  ],
  [
    'CREATE FUNCTION',
    "CREATE [ OR REPLACE ] [ TEMPORARY | TEMP ] FUNCTION [ IF NOT EXISTS ] name '(' [ { definition } ] ')' [ RETURNS ( TABLE [ '(' { word type [ COMMENT text ] } ')' ] | type ) ] " +
      '( LANGUAGE word | SPECIFIC word | [ NOT ] DETERMINISTIC | NO SQL | CONTAINS SQL | READS SQL DATA | MODIFIES SQL DATA | RETURNS NULL ON NULL INPUT | CALLED ON NULL INPUT | COMMENT text | SQL SECURITY ( INVOKER | DEFINER ) )* ' +
      'RETURN ( query | expression )',
  ],
  ['DROP FUNCTION', 'DROP [ TEMPORARY | TEMP ] FUNCTION [ IF EXISTS ] name'],
  [
    'CREATE INDEX',
    "CREATE INDEX [ IF NOT EXISTS ] word ON [ TABLE ] name [ USING word ] '(' { column [ OPTIONS options ] } ')' [ OPTIONS options ]",
  ],
  ['DROP INDEX', 'DROP INDEX [ IF EXISTS ] word ON [ TABLE ] name'],
  ['CREATE MATERIALIZED VIEW', 'CREATE MATERIALIZED VIEW [ IF NOT EXISTS ] name [ USING name ] [ COMMENT text ] [ AS ] query'],
  ['CREATE FLOW', 'CREATE FLOW name [ COMMENT text ] AS statement'],
  ['COMMENT ON', `COMMENT ON ( ${NAMESPACE} | TABLE ) name IS ( text | NULL )`],

  ['SHOW TABLES', `SHOW TABLES ${FROM_NAME} ${LIKE_TEXT}`],
  ['SHOW TABLE EXTENDED', `SHOW TABLE EXTENDED ${FROM_NAME} LIKE text [ fullPartition ]`],
  ['SHOW TBLPROPERTIES', "SHOW TBLPROPERTIES name [ '(' ( text | column ) ')' ]"],
  ['SHOW COLUMNS', 'SHOW COLUMNS ( FROM | IN ) name [ ( FROM | IN ) column ]'],
  ['SHOW VIEWS', `SHOW VIEWS ${FROM_NAME} ${LIKE_TEXT}`],
  ['SHOW PARTITIONS', 'SHOW PARTITIONS name [ partition ]'],
  ['SHOW FUNCTIONS', `SHOW [ USER | SYSTEM | ALL ] FUNCTIONS ${FROM_NAME} [ [ LIKE ] ( text | column ) ]`],
  ['SHOW PROCEDURES', `SHOW PROCEDURES ${FROM_NAME}`],
  ['SHOW CREATE TABLE', 'SHOW CREATE TABLE name [ AS SERDE ]'],
  ['SHOW CURRENT', `SHOW CURRENT ${NAMESPACE}`],
  ['SHOW CATALOGS', `SHOW CATALOGS ${LIKE_TEXT}`],
  ['SHOW COLLATIONS', `SHOW COLLATIONS ${LIKE_TEXT}`],
  [
    'DESCRIBE FUNCTION',
    "( DESC | DESCRIBE ) FUNCTION [ EXTENDED ] ( name | text | '=' | '==' | '<>' | '!=' | '<' | '<=' | '>' | '>=' | '<=>' | '+' | '-' | '*' | '/' | '%' | '~' | '&' | '|' | '||' | '^' | '!' )",
  ],
  ['DESCRIBE PROCEDURE', '( DESC | DESCRIBE ) PROCEDURE name'],
  ['DESCRIBE DATABASE', `( DESC | DESCRIBE ) ${NAMESPACE} [ EXTENDED ] name`],
  ['DESCRIBE … AS JSON', '( DESC | DESCRIBE ) [ TABLE ] ( EXTENDED | FORMATTED ) name [ fullPartition ] AS JSON'],
  ['DESCRIBE of a column', '( DESC | DESCRIBE ) [ TABLE ] [ EXTENDED | FORMATTED ] name column'],
  ['DESCRIBE EXTENDED', '( DESC | DESCRIBE ) [ TABLE ] [ EXTENDED | FORMATTED ] name [ fullPartition ]'],

  ['DELETE', 'DELETE FROM name alias [ WHERE expression ]'],
  ['UPDATE', 'UPDATE name alias SET { column = ( DEFAULT | expression ) } [ WHERE expression ]'],
  ['MERGE', "MERGE [ WITH SCHEMA EVOLUTION ] INTO name alias USING ( '(' query ')' | name ) alias ON expression mergeClauses"],
]

export type CommandPart =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'reader'; readonly name: string }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly CommandPart[] }
  | { readonly kind: 'optional' | 'repeated' | 'list'; readonly part: CommandPart }

export interface Command {
  /** How messages call it. */
  readonly what: string
  /** The words it may begin with. */
  readonly start: readonly string[]
  readonly part: CommandPart
}

let compiled: readonly Command[] | undefined

/** Made when first asked for: most scripts have none of these statements, and start sooner. */
export function commands(): readonly Command[] {
  compiled ??= PATTERNS.map(([what, pattern]) => {
    const part = compile(pattern.split(' ').filter((piece) => piece !== ''))
    return { what, start: firstWords(part), part }
  })
  return compiled
}

/** Notation → parts. `pieces` is eaten from the front. */
function compile(pieces: string[], closing?: string): CommandPart {
  const choices: CommandPart[] = []
  let sequence: CommandPart[] = []
  const wrap = (parts: CommandPart[]): CommandPart => (parts.length === 1 ? parts[0]! : { kind: 'sequence', parts })
  while (pieces.length > 0) {
    const piece = pieces.shift()!
    if (piece === closing) break
    if (piece === '|') {
      choices.push(wrap(sequence))
      sequence = []
    } else if (piece === '[') sequence.push({ kind: 'optional', part: compile(pieces, ']') })
    else if (piece === '{') sequence.push({ kind: 'list', part: compile(pieces, '}') })
    else if (piece === '(') {
      const repeated = repeats(pieces)
      const part = compile(pieces, repeated ? ')*' : ')')
      sequence.push(repeated ? { kind: 'repeated', part } : part)
    } else if (piece.startsWith("'")) sequence.push({ kind: 'word', word: piece.slice(1, -1) })
    else if (/^[A-Z_=]+$/.test(piece)) sequence.push({ kind: 'word', word: piece })
    else sequence.push({ kind: 'reader', name: piece })
  }
  return choices.length === 0 ? wrap(sequence) : { kind: 'choice', parts: [...choices, wrap(sequence)] }
}
/** The group that begins here ends with `)*`. */
function repeats(pieces: readonly string[]): boolean {
  let depth = 1
  for (const piece of pieces) {
    if (piece === '(') depth++
    if (piece === ')' || piece === ')*') depth--
    if (depth === 0) return piece === ')*'
  }
  return false
}

function firstWords(part: CommandPart): string[] {
  switch (part.kind) {
    case 'word':
      return [part.word]
    case 'choice':
      return part.parts.flatMap(firstWords)
    case 'sequence': {
      const [first, ...rest] = part.parts
      const words = firstWords(first!)
      return first!.kind === 'optional' ? [...words, ...firstWords({ kind: 'sequence', parts: rest })] : words
    }
    case 'optional':
    case 'repeated':
    case 'list':
      return firstWords(part.part)
    case 'reader':
      return []
  }
}
