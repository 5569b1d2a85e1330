import { QueryFailedError } from 'typeorm';
import { createLogger } from './logger.js';
import { NestLogger } from './nest-logger.js';

const PASSWORD = 's3cr"et-\\pass';
const URL_TEXT = 'postgres://quaestor:db%2Fpassword@db.internal:5432/q';
const SECRETS = [PASSWORD, URL_TEXT];
/** No form of any secret may be part of what comes out. */
const FORBIDDEN = [PASSWORD, JSON.stringify(PASSWORD).slice(1, -1), 'db%2Fpassword', 'db/password', 'unlisted'];

function capture() {
  const lines: string[] = [];
  const log = createLogger({
    level: 'trace',
    secrets: SECRETS,
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines };
}

const withCause = new Error('outer', {
  cause: new Error(`inner ${PASSWORD}`, { cause: new Error(`innermost ${URL_TEXT}`) }),
});
const driver = Object.assign(new Error('duplicate key value violates unique constraint "users_name"'), {
  code: '23505',
  detail: 'Key (name)=(unlisted-customer-value) already exists.',
  where: 'unlisted PL/pgSQL context',
  hint: 'unlisted hint',
  internalQuery: 'SELECT unlisted',
  constraint: 'users_name',
  table: 'users',
});
const badValue = Object.assign(new Error('invalid input syntax for type uuid: "unlisted-value"'), { code: '22P02' });
const failedQuery = new QueryFailedError(
  "INSERT INTO users VALUES ($1, 'unlisted literal')",
  ['unlisted parameter'],
  driver,
);

describe('the logger', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['a message', `connecting with ${PASSWORD} to ${URL_TEXT}`, {}],
    ['an unlisted connection string', 'connecting to kafka://user:unlisted@broker:9092', {}],
    ['a nested object', 'x', { a: { b: [{ c: `<${PASSWORD}>` }] } }],
    [
      'fields by name',
      'x',
      { headers: { authorization: 'unlisted', 'X-Auth-Token': 'unlisted', 'set-cookie': 'unlisted' } },
    ],
    [
      'bodies by name',
      'x',
      { body: { user: { password: 'unlisted', secret_key: 'unlisted' }, parameters: ['unlisted'] } },
    ],
    ['an error’s message', 'x', { error: new Error(`refused ${PASSWORD}`) }],
    ['an error’s causes', 'x', { error: withCause }],
    ['a stack', 'x', { error: Object.assign(new Error('y'), { stack: `Error: ${PASSWORD}\n    at f (a.ts:1:1)` }) }],
    ['a driver’s error', 'x', { error: driver }],
    ['a value quoted by the driver', 'x', { error: badValue }],
    ['the mapper’s wrapper', 'x', { error: failedQuery }],
    ['a wrapped wrapper', 'x', { error: new Error('outer', { cause: failedQuery }) }],
    ['an aggregate', 'x', { error: new AggregateError([failedQuery, new Error(PASSWORD)], 'many') }],
    ['a child’s fields', 'x', { url: new Map([['connection', URL_TEXT]]) }],
    ['a token', 'x', { note: `got ${['eyJhbGciOiJFZERTQSJ9', 'unlisted', 'unlisted'].join('.')}` }],
  ])('keeps secrets in %s to itself', (_, message, fields) => {
    const { log, lines } = capture();
    log.error(message, fields);
    log.child(fields).warn(message);
    const nest = new NestLogger(log);
    nest.error(fields.error instanceof Error ? fields.error : message, 'Context');
    nest.log(fields, 'Context');
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      expect(() => JSON.parse(line) as unknown).not.toThrow();
      for (const forbidden of FORBIDDEN) expect(line).not.toContain(forbidden);
    }
  });

  it('still tells what helps', () => {
    const { log, lines } = capture();
    log.error('request failed', { request_id: 'abc', error: new Error('outer', { cause: failedQuery }) });
    const line = JSON.parse(lines[0] ?? '') as {
      level: string;
      error: { stack: string; cause: Record<string, unknown> };
    };
    expect(line).toMatchObject({
      level: 'error',
      msg: 'request failed',
      request_id: 'abc',
      error: { message: 'outer' },
    });
    expect(line.error.stack).toContain('logger.spec');
    expect(line.error.cause).toMatchObject({ code: '23505', constraint: 'users_name', table: 'users' });
    expect(line.error.cause.statement).toBe("INSERT INTO users VALUES ($1, '…')");
  });

  it('bears cycles, depth and strange values', () => {
    const { log, lines } = capture();
    const cycle: Record<string, unknown> = {
      n: 1n,
      f: () => 1,
      d: new Date(0),
      bad: new Date(NaN),
      b: Buffer.alloc(9),
      u: undefined,
    };
    cycle.self = cycle;
    log.info('x', cycle);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      n: '1',
      d: '1970-01-01T00:00:00.000Z',
      bad: null,
      b: '[9 bytes]',
    });
  });

  it('does not spend time on what is not logged', () => {
    const lines: string[] = [];
    const log = createLogger({ level: 'warn', secrets: [], destination: { write: (line) => void lines.push(line) } });
    log.debug('x', {
      get costly(): never {
        throw new Error('was looked at');
      },
    });
    expect(lines).toEqual([]);
    expect(log.isEnabled('warn')).toBe(true);
    expect(log.isEnabled('info')).toBe(false);
  });
});
