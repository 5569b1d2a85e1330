import fc from 'fast-check';
import { arbitraryTrace } from '../../../test/cases/arbitrary-trace.js';
import { accepted, type Change, EVENT, text } from '../../../test/cases/sample-event.js';
import { checkWindow } from './trace-window.js';
import type { Trace } from './trace.js';
import { renderShape } from './wire-render.js';

describe('parseTrace: the canonical record', () => {
  it('has null, or its default, for whatever is missing', () => {
    const { domainId, projectId, eventType, time, recordTime, resourceName, user, request, extra, ...rest } = accepted({
      resource_name: '',
      request: null,
    });
    expect({ domainId, projectId, eventType, time, recordTime }).toEqual({
      domainId: 'd1',
      projectId: '',
      eventType: 'system',
      time: EVENT.record_time,
      recordTime: EVENT.record_time,
    });
    expect([resourceName, user, request, extra, rest.code, rest.readOnly]).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it.each<[Change, number]>([
    [{ record_time: 1600000000000, time: 1500000000000 }, 1600000000000],
    [{ record_time: null, time: 1500000000000 }, 1481066128030],
    [{ record_time: null, time: 1500000000000, trace_id: 'x' }, 1500000000000],
  ])('takes the record time of %j', (change, expected) => {
    const given = accepted(change).recordTime;
    expect(Math.abs(given - expected)).toBeLessThanOrEqual(25);
    if (change['record_time'] !== null || change['trace_id'] === 'x') expect(given).toBe(expected);
  });

  it.each<[unknown, Partial<Trace>]>([
    [
      { name: 'a', user_name: 'b', access_key_id: 'k' },
      { userName: 'a', accessKeyId: 'k', user: '{"name":"a","user_name":"b","access_key_id":"k"}' },
    ],
    [{ user_name: 'b' }, { userName: 'b', accessKeyId: null }],
    [
      { name: '', user_name: 'b', access_key_id: '' },
      { userName: 'b', accessKeyId: null },
    ],
    ['{ "name": "a" }', { userName: 'a', user: '{ "name": "a" }' }],
    ['{some crazy used struct}', { userName: null, user: '{some crazy used struct}' }],
    ['"a"', { userName: null, user: '"a"' }],
    ['', { userName: null, user: null }],
    [{}, { userName: null, user: '{}' }],
  ])('reads the user %j', (user, expected) => {
    expect(accepted({ user })).toMatchObject(expected);
  });

  it.each<[unknown, string | null]>([
    [{ id: 'u' }, 'u'],
    ['{ "id": "u" }', 'u'],
    [{ id: 'u', domain: { id: '' } }, 'u'],
    [{ id: 'u', domain: { id: EVENT.domain_id } }, 'u'],
    [{ id: 'u', domain: { id: 'another' } }, null],
    [{ id: 'u', domain: { id: 5 } }, null],
    [{ id: 5 }, null],
    [{ id: '' }, null],
    [{ name: 'a' }, null],
    ['u', null],
    [undefined, null],
  ])('reads the actor of %j', (user, actorId) => {
    expect(accepted({ user }).actorId).toBe(actorId);
  });

  it('keeps bodies as text, objects as their JSON text', () => {
    const trace = accepted({ request: { b: 1, a: [null] }, response: [1], message: 'done', location_info: '{"a": 1}' });
    expect(trace).toMatchObject({
      request: '{"b":1,"a":[null]}',
      response: '[1]',
      message: 'done',
      locationInfo: '{"a": 1}',
    });
  });

  it('keeps the digits of numbers that a double cannot hold', () => {
    const body = '{ "id": 12345678901234567890, "x": 1e400 }';
    const record = text({ request: 'A', other: 'B', user: 'C' })
      .replace('"A"', body)
      .replace('"B"', '9007199254740993')
      .replace('"C"', body);
    expect(accepted(record)).toMatchObject({ request: body, user: body, extra: '{"other":9007199254740993}' });
    expect(accepted(`{ "v" : [ "}" ], "cts" : ${record}}`)).toMatchObject({
      request: body,
      extra: '{"other":9007199254740993,"v":["}"]}',
    });
  });

  it.each<[unknown, string | null]>([
    [200, '200'],
    ['200', '200'],
    [0, '0'],
    ['', null],
    [null, null],
  ])('reads the code %j', (code, expected) => {
    expect(accepted({ code }).code).toBe(expected);
  });

  it.each<[unknown, boolean | null]>([
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
    ['', null],
  ])('reads read_only %j', (value, expected) => {
    expect(accepted({ read_only: value }).readOnly).toBe(expected);
  });

  it('keeps what nobody documented, also under names that mean something to JavaScript', () => {
    const record = JSON.stringify(EVENT).replace(
      '{',
      '{"zeta":{"b":1},"__proto__":{"trace_name":"evil"},"constructor":null,',
    );
    const trace = accepted(record);
    expect(trace.extra).toBe('{"zeta":{"b":1},"__proto__":{"trace_name":"evil"},"constructor":null}');
    expect(trace.traceName).toBe('createNamespace');
  });

  it('unwraps an envelope and keeps what stands beside it', () => {
    const trace = accepted(
      JSON.stringify({ version: '1', zeta: 2, cts: { ...EVENT, trace_status: 'normal', zeta: 1 } }),
    );
    expect(trace).toMatchObject({ wireShape: 'push', extra: '{"zeta":1,"version":"1"}', traceRating: 'normal' });
  });

  it('keeps a status that differs from the rating', () => {
    expect(accepted({ trace_status: 'warning' }).extra).toBe('{"trace_status":"warning"}');
    expect(accepted({ trace_status: 'normal' }).extra).toBeNull();
  });

  it('replaces lone surrogates, in nested strings and keys too', () => {
    const lone = JSON.stringify({
      ...EVENT,
      resource_name: 'a\ud800b😀',
      user: { name: '\udc00', 'k\ud800': 1 },
      other: ['\ud800'],
    });
    expect(accepted(lone)).toMatchObject({
      resourceName: 'a\ufffdb😀',
      userName: '\ufffd',
      user: '{"name":"\ufffd","k\ufffd":1}',
      extra: '{"other":["\ufffd"]}',
    });
    expect(accepted({ user: '{"name":"\\ud800"}' }).userName).toBe('\ufffd');
  });

  it('reads back what it was rendered from', () => {
    fc.assert(
      fc.property(arbitraryTrace, (trace) => {
        expect(accepted(JSON.stringify(renderShape(trace, 'file')))).toEqual({ ...trace, wireShape: 'file' });
      }),
    );
  });
});

describe('checkWindow', () => {
  const trace = accepted({});
  const at = trace.recordTime;
  it.each<[string, number, string | null]>([
    ['at the start of the window', at + 1000, null],
    ['1 ms before it', at + 1001, 'expired'],
    ['as far ahead as tolerated', at - 300_000, null],
    ['1 ms further', at - 300_001, 'future'],
  ])('%s', (_, now, reason) => {
    expect(checkWindow(trace, now, 1000)?.reason ?? null).toBe(reason);
  });
});
