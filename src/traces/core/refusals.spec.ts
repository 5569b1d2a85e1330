/** Every reason for which parsing refuses a record, and which of several it gives. */
import fc from 'fast-check';
import { type Change, EVENT, accepted, refused, text } from '../../../test/cases/sample-event.js';
import { parseTrace } from './parse-trace.js';
import { MAX_NESTING, MAX_TRACE_BYTES, TEXT_LIMITS } from './trace-fields.js';

const parse = (event: unknown): ReturnType<typeof parseTrace> => parseTrace(JSON.stringify(event), 1);

describe('parseTrace: refusals', () => {
  it('looks at the size before anything else', () => {
    expect(parseTrace(null, MAX_TRACE_BYTES + 1)).toMatchObject({ ok: false, refusal: { reason: 'too_large' } });
    expect(parseTrace(JSON.stringify(EVENT), MAX_TRACE_BYTES)).toMatchObject({ ok: true });
  });

  it.each([[null], [''], ['{'], ['{"a":1} x'], ['undefined'], ['{"trace_id":"a\u0000b"}'], ['\ufeff{}']])(
    'not_json: %j',
    (record) => {
      expect(parseTrace(record, 1)).toMatchObject({
        ok: false,
        refusal: { reason: 'not_json', domainId: null, traceId: null },
      });
    },
  );

  it.each([[[]], [[EVENT]], [null], [1], ['x'], [{}], [{ cts: 1 }], [{ cts: {} }]])('not_a_trace: %j', (record) => {
    expect(parse(record)).toMatchObject({ ok: false, refusal: { reason: 'not_a_trace' } });
  });

  const requiredNames = ['trace_id', 'trace_name', 'service_type', 'resource_type', 'trace_type'];
  it.each(requiredNames.flatMap((name) => [undefined, null, ''].map((value) => [name, value] as const)))(
    'not_a_trace: %s is %j',
    (name, value) => {
      const refusal = refused({ [name]: value, domain_id: null, record_time: 'x' });
      expect(refusal).toMatchObject({ reason: 'not_a_trace', detail: `missing: ${name}` });
    },
  );

  it.each(requiredNames)('bad_field: %s of a wrong type', (name) => {
    for (const value of [1, true, {}, []]) {
      expect(refused({ [name]: value })).toMatchObject({
        reason: 'bad_field',
        detail: `${name} is not a string`,
        domainId: 'd1',
      });
    }
  });

  it('takes either member for the rating, and needs one', () => {
    expect(accepted({ trace_rating: undefined, trace_status: 'warning' }).traceRating).toBe('warning');
    expect(accepted({ trace_status: 'warning' }).traceRating).toBe('normal');
    expect(refused({ trace_rating: '', trace_status: null }).detail).toBe('missing: trace_rating or trace_status');
  });

  it.each<[Change]>([
    [{ domain_id: undefined }],
    [{ domain_id: '' }],
    [{ domain_id: null, user: 'nobody' }],
    [{ domain_id: null, user: { name: 'a' } }],
    [{ domain_id: null, user: { domain: { id: '' } } }],
    [{ domain_id: null, user: { domain: 'd' } }],
    [{ domain_id: null, user: '{"domain":{"name":"n"}}' }],
    [{ domain_id: null, user: 7, trace_name: 7, record_time: 'never' }],
  ])('no_domain: %j', (change) => {
    expect(refused(change)).toMatchObject({ reason: 'no_domain', traceId: EVENT.trace_id, domainId: null });
  });

  it.each<[Change, string]>([
    [{ domain_id: 7 }, 'domain_id is not a string'],
    [{ domain_id: null, user: { domain: { id: 7 } } }, 'user.domain.id is not a string'],
    [{ project_id: {} }, 'project_id is not a string'],
    [{ resource_name: 7 }, 'resource_name is not a string'],
    [{ resource_name: 'a\0' }, 'resource_name holds a NUL character'],
    [{ trace_name: 'a\0' }, 'trace_name holds a NUL character'],
    [{ request: 'a\0' }, 'request holds a NUL character'],
    [{ request: 7 }, 'request is neither text, an object nor an array'],
    [{ code: true }, 'code is not a string'],
    [{ read_only: 'yes' }, 'read_only is not a boolean'],
    [{ read_only: 1 }, 'read_only is not a boolean'],
    [{ content_length: 'x' }, 'content_length is not a number'],
    [{ content_length: 1.5 }, 'content_length is not an integer'],
    [{ total_time: [] }, 'total_time is not a number'],
    [{ time: 'yesterday' }, 'time is not a time in a known form'],
    [{ record_time: 'yesterday' }, 'record_time is not a time in a known form'],
    [{ record_time: true }, 'record_time is not a time in a known form'],
    [{ user: [] }, 'user is neither an object nor a string'],
    [{ user: 7 }, 'user is neither an object nor a string'],
    [{ user: 'a\0' }, 'user holds a NUL character'],
    [{ user: { name: 7 } }, 'user.name is not a string'],
    [{ user: { user_name: 7 } }, 'user.user_name is not a string'],
    [{ user: { access_key_id: 7 } }, 'user.access_key_id is not a string'],
    [{ user: { type: 'a\0' } }, 'user holds a NUL character'],
    [{ user: { 'a\0': 1 } }, 'user holds a NUL character'],
    [{ user: JSON.stringify({ a: ['\0'] }) }, 'user holds a NUL character'],
    [{ other: ['a\0'] }, 'an unknown member holds a NUL character'],
    [{ 'other\0': 1 }, 'an unknown member holds a NUL character'],
  ])('bad_field: %j', (change, detail) => {
    expect(refused(change)).toMatchObject({ reason: 'bad_field', detail });
  });

  const limits = Object.entries(TEXT_LIMITS).filter(([, limit]) => limit !== Infinity);
  it.each(limits)('bad_field: %s beyond %d code points', (field, limit) => {
    const place = (value: string): Change =>
      field
        .split('.')
        .reverse()
        .reduce<unknown>((inner, name) => ({ [name]: inner }), value) as Change;
    const without = field === 'user.domain.id' ? { domain_id: null } : {};
    const status = field === 'trace_status' ? { trace_rating: null } : {};
    expect(refused({ ...without, ...status, ...place('€'.repeat(limit + 1)) }).detail).toBe(
      `${field} is longer than ${String(limit)} characters`,
    );
    // Two UTF-16 units each: the limit counts characters.
    expect(accepted({ ...without, ...status, ...place('😀'.repeat(limit)) })).toBeDefined();
  });

  it('no_time: a placeholder id and no time', () => {
    expect(refused({ trace_id: 'x', record_time: undefined })).toMatchObject({
      reason: 'no_time',
      domainId: 'd1',
      traceId: 'x',
    });
    expect(refused({ trace_id: '68d5745e-6af2-40e4-945d-fe449be00148', record_time: '' }).reason).toBe('no_time');
  });

  it('never repeats a value of the record', () => {
    const secret = 'hunter2';
    const records = [
      `{"${secret}`,
      text({ request: 7, code: [secret], read_only: secret }),
      text({ time: secret }),
      text({ [`${secret}\0`]: 1 }),
    ];
    for (const record of records) expect(refused(record).detail).not.toContain(secret);
  });

  it('gives ids only where they are fit to be stored', () => {
    expect(refused({ trace_id: 'a\0', domain_id: 'd\0' })).toMatchObject({
      reason: 'bad_field',
      domainId: null,
      traceId: null,
    });
    expect(refused({ trace_id: 'a'.repeat(65) })).toMatchObject({ domainId: 'd1', traceId: null });
    expect(refused({ domain_id: null, user: { domain: { id: 'd2' } }, code: [] }).domainId).toBe('d2');
  });

  it.each(['user', 'request', 'message', 'other'])(
    'bad_field: %s nested too deeply, without overflowing the stack',
    (name) => {
      for (const depth of [MAX_NESTING + 1, 60_000]) {
        const nested = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
        const record = text({ [name]: 'HERE' }).replace('"HERE"', nested);
        expect(refused(record)).toMatchObject({
          reason: 'bad_field',
          detail: expect.stringContaining('is nested too deeply'),
        });
        // The escape sends it through the repair of lone surrogates, which recurses too.
        expect(refused(record.replace('"d1"', '"d\\ud800"')).reason).toBe('bad_field');
      }
      const nested = `${'['.repeat(MAX_NESTING - 1)}${']'.repeat(MAX_NESTING - 1)}`;
      expect(accepted(text({ [name]: 'HERE' }).replace('"HERE"', `{"a":${nested}}`))).toBeDefined();
    },
  );

  it('never throws, and refuses only with a known reason', () => {
    const event = fc.record(
      Object.fromEntries(
        [...Object.keys(EVENT), 'user', 'request', 'time', 'code', 'read_only', 'cts', '__proto__'].map((name) => [
          name,
          fc.jsonValue(),
        ]),
      ),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          event.map((value) => JSON.stringify({ ...EVENT, ...value })),
          fc.json(),
          fc.string(),
        ),
        (record) => {
          const result = parseTrace(record, record.length);
          expect(
            result.ok ||
              ['not_json', 'not_a_trace', 'no_domain', 'bad_field', 'no_time'].includes(result.refusal.reason),
          ).toBe(true);
        },
      ),
    );
  });
});
