import { sqlStateOf } from '../../engine/errors/sql-states.ts'
import type { CompoundBranch, CompoundCondition, CompoundHandler, CompoundNode } from '../../engine/plan/compound.ts'
import type { CompoundSyntax, ExpressionSyntax, ParsedStatement, QuerySyntax, StatementSyntax } from '../ast.ts'
import { readSetVariables } from './catalog-command.ts'
import type { Cursor } from './cursor.ts'
import { readExpression } from './expression.ts'
import { readQuery } from './query.ts'

type Node = CompoundNode<ParsedStatement, ExpressionSyntax, QuerySyntax>
type Handler = CompoundHandler<ParsedStatement, ExpressionSyntax, QuerySyntax>
type Branch = CompoundBranch<ParsedStatement, ExpressionSyntax, QuerySyntax>

/** What a label stands on. */
interface Label {
  readonly name: string
  /** The name of FOR's rows is no label, but no label may have it. */
  readonly of: 'loop' | 'block' | 'rows'
}

/**
 * BEGIN [NOT ATOMIC] declarations and statements, each with its ';', END. `readStatement` comes from statement.ts, which imports this.
 *
 * The rules and conditions are those of Spark's scripts: variables are declared first, labels are not repeated inside one another, a handler leaves its block.
 */
export function readCompound(cursor: Cursor, readStatement: (cursor: Cursor) => StatementSyntax): CompoundSyntax {
  return new CompoundReader(cursor, readStatement).block(undefined)
}

class CompoundReader {
  readonly #cursor: Cursor
  readonly #readStatement: (cursor: Cursor) => StatementSyntax
  readonly #labels: Label[] = []

  constructor(cursor: Cursor, readStatement: (cursor: Cursor) => StatementSyntax) {
    this.#cursor = cursor
    this.#readStatement = readStatement
  }

  block(label: string | undefined): CompoundSyntax {
    const cursor = this.#cursor
    cursor.expect('BEGIN')
    cursor.accept('NOT', 'ATOMIC')
    const conditions = new Set<string>()
    const handlers: Handler[] = []
    const declarations: Node[] = []
    while (cursor.sees('DECLARE')) {
      if (cursor.peek(2).upper === 'CONDITION') conditions.add(this.#condition())
      else if (cursor.peek(2).upper === 'HANDLER') handlers.push(this.#handler(conditions))
      else declarations.push(this.#declaration(handlers.length > 0))
      cursor.expect(';')
    }
    const body = [...declarations, ...this.#body(['END'])]
    cursor.expect('END')
    return { kind: 'block', label, handlers, body }
  }

  /** statement ; … up to one of `ends`. */
  #body(ends: readonly string[]): Node[] {
    const cursor = this.#cursor
    const nodes: Node[] = []
    while (!cursor.seesAny(ends)) {
      if (cursor.done) throw cursor.unexpected(ends[0])
      nodes.push(cursor.nested(() => this.#node()))
      cursor.expect(';')
    }
    return nodes
  }

  #node(): Node {
    const cursor = this.#cursor
    if (cursor.isName(cursor.token) && cursor.peek(1).upper === ':' && STARTS_LABELLED.has(cursor.peek(2).upper))
      return this.#labelled()
    switch (cursor.token.upper) {
      case 'BEGIN':
        return this.block(undefined)
      case 'WHILE':
      case 'REPEAT':
      case 'LOOP':
      case 'FOR':
        return this.#loop(undefined)
      case 'IF':
        return this.#if()
      case 'CASE':
        return this.#case()
      case 'LEAVE':
      case 'ITERATE':
        return this.#jump()
      case 'DECLARE':
        throw cursor.refuse(
          'INVALID_VARIABLE_DECLARATION.ONLY_AT_BEGINNING',
          'declarations stand at the beginning of BEGIN … END',
          cursor.token,
          { hint: 'Move it there, or put BEGIN … END around it and what uses it.' },
        )
      case 'OPEN':
      case 'FETCH':
      case 'CLOSE':
        throw this.#noCursors()
      case 'SET':
        return this.#assignment()
      case 'DROP':
        if (cursor.seesAny(['TEMPORARY', 'TEMP'], 1) && cursor.seesAny(['VARIABLE', 'VAR'], 2)) {
          throw cursor.refuse(
            'UNSUPPORTED_FEATURE.SQL_SCRIPTING_DROP_TEMPORARY_VARIABLE',
            'DROP TEMPORARY VARIABLE is not for scripts: their variables end with their block',
            cursor.token,
          )
        }
    }
    return this.#run(() => this.#readStatement(cursor))
  }

  #run(read: () => StatementSyntax): Node {
    const cursor = this.#cursor
    const outer = cursor.refusals
    cursor.refusals = []
    const syntax = read()
    const { refusals } = cursor
    cursor.refusals = outer
    return { kind: 'run', statement: { syntax, refusals } }
  }

  /** label: BEGIN … END [label], label: WHILE … END WHILE [label] and so on. */
  #labelled(): Node {
    const cursor = this.#cursor
    const place = cursor.token
    const name = cursor.simpleName()
    cursor.expect(':')
    this.#refuseKnown(name, place)
    const isLoop = !cursor.sees('BEGIN')
    this.#labels.push({ name, of: isLoop ? 'loop' : 'block' })
    const node = isLoop ? this.#loop(name) : this.block(name)
    this.#labels.pop()
    if (!cursor.sees(';')) {
      const end = cursor.token
      const written = cursor.simpleName()
      if (written.toUpperCase() !== name.toUpperCase())
        throw cursor.refuse('LABELS_MISMATCH', `label "${name}" is closed by "${written}"`, end)
    }
    return node
  }

  #refuseKnown(name: string, place: { readonly start: number; readonly end: number }): void {
    if (this.#find(name) !== undefined)
      throw this.#cursor.refuse('LABEL_OR_FOR_VARIABLE_ALREADY_EXISTS', `label "${name}" is used around this already`, place)
  }
  #find(name: string): Label | undefined {
    return this.#labels.find((label) => label.name.toUpperCase() === name.toUpperCase())
  }

  #loop(label: string | undefined): Node {
    const cursor = this.#cursor
    if (cursor.accept('WHILE')) {
      const condition = this.#test()
      cursor.expect('DO')
      const body = this.#body(['END'])
      cursor.expect('END', 'WHILE')
      return { kind: 'loop', label, condition, until: undefined, body }
    }
    if (cursor.accept('REPEAT')) {
      const body = this.#body(['UNTIL'])
      cursor.expect('UNTIL')
      const until = this.#test()
      cursor.expect('END', 'REPEAT')
      return { kind: 'loop', label, condition: undefined, until, body }
    }
    if (cursor.accept('LOOP')) {
      const body = this.#body(['END'])
      cursor.expect('END', 'LOOP')
      return { kind: 'loop', label, condition: undefined, until: undefined, body }
    }
    cursor.expect('FOR')
    const place = cursor.token
    const variable = cursor.isName(cursor.token) && cursor.peek(1).upper === 'AS' ? cursor.simpleName() : undefined
    if (variable !== undefined) {
      cursor.expect('AS')
      this.#refuseKnown(variable, place)
      this.#labels.push({ name: variable, of: 'rows' })
    }
    const query = cursor.upTo('DO', () => readQuery(cursor))
    cursor.expect('DO')
    const body = this.#body(['END'])
    cursor.expect('END', 'FOR')
    if (variable !== undefined) this.#labels.pop()
    return { kind: 'for', label, variable, query, body }
  }

  #test(): CompoundCondition<ExpressionSyntax> {
    const first = this.#cursor.at
    const test = readExpression(this.#cursor)
    return { test, span: this.#cursor.spanFrom(first) }
  }

  #if(): Node {
    const cursor = this.#cursor
    cursor.expect('IF')
    const branches: Branch[] = []
    do {
      const condition = this.#test()
      cursor.expect('THEN')
      branches.push({ ...condition, body: this.#body(['ELSEIF', 'ELSE', 'END']) })
    } while (cursor.accept('ELSEIF'))
    const otherwise = cursor.accept('ELSE') ? this.#body(['END']) : undefined
    cursor.expect('END', 'IF')
    return { kind: 'if', branches, otherwise, nullIsFalse: false }
  }

  /** CASE [value] WHEN … THEN statements … [ELSE statements] END CASE */
  #case(): Node {
    const cursor = this.#cursor
    cursor.expect('CASE')
    const value = cursor.sees('WHEN') ? undefined : readExpression(cursor)
    const branches: Branch[] = []
    while (cursor.accept('WHEN')) {
      const { test, span } = this.#test()
      cursor.expect('THEN')
      const compared: ExpressionSyntax =
        value === undefined ? test : { kind: 'binary', operator: '=', left: value, right: test, span }
      branches.push({ test: compared, span, body: this.#body(['WHEN', 'ELSE', 'END']) })
    }
    if (branches.length === 0) throw cursor.unexpected('WHEN')
    const otherwise = cursor.accept('ELSE') ? this.#body(['END']) : undefined
    cursor.expect('END', 'CASE')
    return { kind: 'if', branches, otherwise, nullIsFalse: value !== undefined }
  }

  #jump(): Node {
    const cursor = this.#cursor
    const kind = cursor.next().upper === 'LEAVE' ? 'leave' : 'iterate'
    const place = cursor.token
    const name = cursor.simpleName()
    const label = this.#find(name)
    if (label === undefined || label.of === 'rows') {
      throw cursor.refuse(
        'INVALID_LABEL_USAGE.DOES_NOT_EXIST',
        `there is no label "${name}" around ${kind.toUpperCase()}`,
        place,
        {
          hint: 'A label stands before what it names: name: LOOP … END LOOP.',
        },
      )
    }
    if (kind === 'iterate' && label.of === 'block')
      throw cursor.refuse('INVALID_LABEL_USAGE.ITERATE_IN_COMPOUND', `"${name}" is no loop that could go on`, place, {
        hint: 'LEAVE ends a block.',
      })
    return { kind, label: label.name }
  }

  /** SET in a script is always about variables. */
  #assignment(): Node {
    const cursor = this.#cursor
    return this.#run(() => {
      const first = cursor.at
      cursor.expect('SET')
      if (!(cursor.seesAny(['VAR', 'VARIABLE']) && (cursor.isName(cursor.peek(1)) || cursor.peek(1).upper === '('))) {
        const command = readSetVariables(cursor)
        const span = cursor.spanFrom(first)
        return { kind: 'command', command, text: cursor.text.slice(span.start, span.end), span }
      }
      cursor.at = first
      return this.#readStatement(cursor)
    })
  }

  #declaration(afterHandlers: boolean): Node {
    const cursor = this.#cursor
    const place = cursor.token
    if (cursor.sees('DECLARE', 'OR', 'REPLACE')) {
      throw cursor.refuse('INVALID_VARIABLE_DECLARATION.REPLACE_LOCAL_VARIABLE', 'variables of a block are not replaced', place, {
        hint: 'Write DECLARE alone.',
      })
    }
    if (cursor.peek(2).upper === 'CURSOR') throw this.#noCursors()
    if (afterHandlers)
      throw cursor.refuse(
        'INVALID_HANDLER_DECLARATION.WRONG_PLACE_OF_DECLARATION',
        'handlers are declared after variables',
        place,
      )
    return this.#run(() => this.#readStatement(cursor))
  }

  /** DECLARE name CONDITION [FOR SQLSTATE [VALUE] 'xxxxx'] */
  #condition(): string {
    const cursor = this.#cursor
    cursor.expect('DECLARE')
    const name = cursor.simpleName().toUpperCase()
    cursor.expect('CONDITION')
    if (cursor.accept('FOR')) {
      cursor.expect('SQLSTATE')
      this.#sqlState()
    }
    return name
  }

  #sqlState(): string {
    const cursor = this.#cursor
    cursor.accept('VALUE')
    const place = cursor.token
    const state = cursor.string().toUpperCase()
    if (!/^[0-9A-Z]{5}$/.test(state) || /^0[012]/.test(state))
      throw cursor.refuse('INVALID_SQLSTATE', `'${state}' is not a SQLSTATE of an error`, place, {
        hint: 'It has five letters and digits, and does not begin with 00, 01 or 02.',
      })
    return state
  }

  /** DECLARE EXIT HANDLER FOR condition, … (statement | BEGIN … END) */
  #handler(declared: ReadonlySet<string>): Handler {
    const cursor = this.#cursor
    cursor.expect('DECLARE')
    if (cursor.sees('CONTINUE'))
      throw cursor.refuse('UNSUPPORTED_FEATURE.CONTINUE_EXCEPTION_HANDLER', 'CONTINUE handlers are not supported', cursor.token, {
        hint: 'An EXIT handler in a block around the one statement goes on behind that block.',
      })
    cursor.expect('EXIT', 'HANDLER', 'FOR')
    const conditions = cursor.list(() => {
      if (cursor.accept('SQLSTATE')) return this.#sqlState()
      if (cursor.accept('SQLEXCEPTION')) return 'SQLEXCEPTION'
      if (cursor.accept('NOT', 'FOUND')) return 'NOT FOUND'
      const place = cursor.token
      const name = cursor.qualifiedName().join('.').toUpperCase()
      if (!declared.has(name) && sqlStateOf(name) === undefined)
        throw cursor.refuse('INVALID_HANDLER_DECLARATION.CONDITION_NOT_FOUND', `there is no condition "${name}"`, place, {
          hint: "Name a condition as an error's last line has it, or catch any with SQLEXCEPTION.",
        })
      return name
    })
    if (new Set(conditions).size < conditions.length)
      throw cursor.refuse(
        'INVALID_HANDLER_DECLARATION.DUPLICATE_CONDITION_IN_HANDLER_DECLARATION',
        'a condition is named twice',
        cursor.token,
      )
    return { conditions, body: this.#node() }
  }

  #noCursors() {
    return this.#cursor.refuse('UNSUPPORTED_FEATURE.SQL_CURSOR', 'cursors are not supported', this.#cursor.token, {
      hint: 'FOR row AS query DO … END FOR goes through the rows of a query.',
    })
  }
}

const STARTS_LABELLED: ReadonlySet<string> = new Set(['BEGIN', 'WHILE', 'REPEAT', 'LOOP', 'FOR'])
