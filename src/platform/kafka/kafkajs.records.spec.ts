import type { IHeaders } from 'kafkajs';
import { toLogBatch } from './kafkajs.records.js';

/** As kafkajs gives them, which its types do not tell all of. */
function headersOf(headers: Record<string, unknown> | undefined) {
  const message = { key: null, value: null, timestamp: '1', attributes: 0, offset: '7' };
  const given = headers === undefined ? { ...message, size: 0 } : { ...message, headers: headers as IHeaders };
  return toLogBatch({ topic: 't', partition: 0, highWatermark: '8', messages: [given] }).records[0]?.headers;
}

describe('headers that kafkajs fetched', () => {
  const [one, two] = [Buffer.from('1'), Buffer.from('2')];

  it.each([
    ['none', undefined, {}],
    ['a value', { a: one }, { a: one }],
    ['text', { a: '1' }, { a: one }],
    ['a name that came twice', { a: [one, two] }, { a: [one, two] }],
    [
      'a header without a value is empty',
      { a: null, b: [one, null] },
      { a: Buffer.alloc(0), b: [one, Buffer.alloc(0)] },
    ],
    // `obj[key]` of its decoder finds what every object inherits.
    ['a name that every object has', { toString: [() => '', one] }, { toString: one }],
  ])('%s', (_, given, expected) => {
    expect(headersOf(given)).toEqual(expected);
  });
});
