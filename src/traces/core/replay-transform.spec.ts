import { uuidV1, uuidV1Time } from '../../kernel/ids.js';
import { newestTime, replayKey, type ReplayChange, shiftTo, transformLine, withFreshId } from './replay-transform.js';

const MS = 1481066128032;
const ID = uuidV1(MS, 7, '9a0baabbccddeeff');
const NODE = '3fff010203040506';
const STAY: ReplayChange = { shiftMs: 0, eachAtMs: null, own: null };
const shift = (line: string, shiftMs: number): string => transformLine(line, { ...STAY, shiftMs });
const each = (line: string, eachAtMs: number): string => transformLine(line, { ...STAY, eachAtMs });
const own = (line: string): string => transformLine(line, { ...STAY, own: { domainId: 'D', projectId: 'P' } });

describe('newestTime and shiftTo', () => {
  it('looks at every line that tells a record time', () => {
    const lines = [
      'garbage',
      '[]',
      '{"time":5}',
      `{"time":${MS + 9},"record_time":${MS + 1}}`,
      `{"trace_id":"${ID}"}`,
      `{"cts":{"record_time":${MS + 2}}}`,
    ];
    expect(newestTime(lines)).toBe(MS + 2);
    expect(newestTime(lines.slice(0, 3))).toBeNull();
  });

  it('moves nothing where no line tells a time', () => {
    expect(shiftTo(MS, null)).toBe(0);
    expect(shiftTo(MS, MS + 5)).toBe(-5);
  });
});

describe('transformLine', () => {
  it.each([['garbage'], [''], ['[1]'], ['null'], ['{"a":1']])('passes %j as it is', (line) => {
    expect(transformLine(line, { shiftMs: 1, eachAtMs: 2, own: { domainId: 'D', projectId: 'P' } })).toBe(line);
  });

  it('changes the times in their own form and not a byte beside them', () => {
    const line = ` { "big" : 12345678901234567890, "time":"${MS}" ,"user":"{\\"time\\":1}", "record_time" : 1481066128,\t"request":{"time":${MS}} } `;
    const moved = ` { "big" : 12345678901234567890, "time":"${MS + 2000}" ,"user":"{\\"time\\":1}", "record_time" : 1481066130,\t"request":{"time":${MS}} } `;
    expect(shift(line, 2000)).toBe(moved);
    expect(shift(line, 0)).toBe(line);
  });

  it('reaches into an envelope', () => {
    expect(shift(`{"time":1,"cts":{"time":${MS},"trace_id":"a"},"x":{}}`, 5)).toBe(
      `{"time":1,"cts":{"time":${MS + 5},"trace_id":"a"},"x":{}}`,
    );
    expect(own('{"cts":{},"domain_id":"o"}')).toBe('{"cts":{"domain_id":"D","project_id":"P"},"domain_id":"o"}');
  });

  it('leaves session times, empty times and what is no time', () => {
    const line = `{"record_time":"","time":"soon","user":{"session_context":{"attributes":{"created_at":"${MS}"}}}}`;
    expect(JSON.parse(shift(line, 5))).toEqual(JSON.parse(line));
    expect(JSON.parse(each(line, 5))).toEqual(JSON.parse(line));
  });

  it('moves a version-1 id only where it tells the record time', () => {
    const moved = JSON.parse(shift(`{"trace_id":"${ID}","time":${MS - 9}}`, 1000)) as {
      trace_id: string;
      time: number;
    };
    expect([uuidV1Time(moved.trace_id), moved.time]).toEqual([MS + 1000, MS + 991]);
    expect(moved.trace_id.slice(18)).toBe(ID.slice(18));
    expect(JSON.parse(shift(`{"trace_id":"${ID}","record_time":${MS}}`, 1000))).toEqual({
      trace_id: ID,
      record_time: MS + 1000,
    });
    expect(JSON.parse(shift('{"trace_id":"68d5745e-6af2-40e4-945d-fe449be00148"}', 1))).toEqual({
      trace_id: '68d5745e-6af2-40e4-945d-fe449be00148',
    });
  });

  it('sets every time to one instant, the id by the same rule', () => {
    const line = '{"time":"2017-02-15 14:21:50 GMT+08:00","record_time":1529996047,"trace_id":"' + ID + '"}';
    expect(JSON.parse(each(line, MS))).toEqual({
      time: '2016-12-07 07:15:28 GMT+08:00',
      record_time: 1481066128,
      trace_id: ID,
    });
    const { trace_id: id } = JSON.parse(each(`{"trace_id":"${ID}"}`, MS + 5000)) as { trace_id: string };
    expect(uuidV1Time(id)).toBe(MS + 5000);
  });

  it('writes domain and project over those that are there, every time they are, or adds them', () => {
    expect(own('{"project_id":"a","x":1}')).toBe('{"project_id":"P","x":1,"domain_id":"D"}');
    expect(own('{"domain_id":"a","domain_id":"b","project_id":7}')).toBe(
      '{"domain_id":"D","domain_id":"D","project_id":"P"}',
    );
    expect(own('{ }')).toBe('{"domain_id":"D","project_id":"P" }');
    expect(own('{"user":{"domain":{"id":"a"}}}')).toContain('{"user":{"domain":{"id":"a"}}');
  });

  it('finds keys by what they mean, not by how they are spelled', () => {
    expect(JSON.parse(own('{"domain\\u005fid":"a","project_id":"b"}'))).toEqual({ domain_id: 'D', project_id: 'P' });
    expect(own('{"a":"}\\"{,","domain_id":"x","project_id":"y\\\\"}')).toBe(
      '{"a":"}\\"{,","domain_id":"D","project_id":"P"}',
    );
  });

  it('gives the same bytes for the same command', () => {
    const line = `{"trace_id":"${ID}","time":${MS},"user":{"b":1,"a":2}}`;
    const change: ReplayChange = { shiftMs: 12345, eachAtMs: null, own: { domainId: 'D', projectId: 'P' } };
    expect(transformLine(line, change)).toBe(transformLine(line, change));
  });
});

describe('withFreshId', () => {
  it('makes as many ids as copies, all of the record time of the event', () => {
    const line = `{"record_time":${MS},"trace_id":"x"}`;
    const sequences = [...Array.from({ length: 50 }, (_, at) => at), 9_999, 10_000, 10_001, 20_000, 163_839_999];
    const ids = sequences.map(
      (sequence) => (JSON.parse(withFreshId(line, sequence, NODE)) as { trace_id: string }).trace_id,
    );
    expect(new Set(ids).size).toBe(sequences.length);
    for (const id of ids) {
      expect(uuidV1Time(id)).toBe(MS);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-010203040506$/);
    }
  });

  it('keeps the record time of an event that has it from its id', () => {
    const copy = withFreshId(`{"trace_id":"${ID}"}`, 3, NODE);
    expect(copy).not.toContain(ID);
    expect(newestTime([copy])).toBe(MS);
  });

  it('gives no time to an event without', () => {
    expect(withFreshId('{"trace_id":"x"}', 1, NODE)).toBe('{"trace_id":"x"}');
    expect(withFreshId('garbage', 1, NODE)).toBe('garbage');
  });
});

it.each([
  ['{"resource_id":"r","trace_id":"t"}', 'r'],
  ['{"resource_id":"","trace_id":"t"}', 't'],
  ['{"cts":{"resource_id":"r"}}', 'r'],
  ['{"resource_id":7}', null],
  ['garbage', null],
])('replayKey of %s', (line, key) => {
  expect(replayKey(line)).toBe(key);
});
