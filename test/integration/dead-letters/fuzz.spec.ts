/** Whatever is sent: nothing crashes ingest or stops the partition, and each record is stored or refused with a reason (issue 4). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { REFUSAL_REASONS } from '../../../src/traces/core/refusal.js';
import { DOMAIN, Ingest } from '../ingest/harness.js';

const SAMPLES = readFileSync(join(__dirname, '../../../samples/cts-samples.ndjson'), 'utf8').trimEnd().split('\n');
/** Failures name it; another one is tried by setting it here. */
const SEED = 20_260_304;

type Edit = (sample: Buffer) => Buffer;
type Json = Record<string, unknown>;

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (bytes: Buffer, where: number): number => Math.floor(where * bytes.length);

/** To the bytes: cut, doubled, overwritten, with something put in. */
const byteEdit: fc.Arbitrary<Edit> = fc.oneof(
  place.map((where) => (bytes: Buffer) => bytes.subarray(0, at(bytes, where))),
  place.map((where) => (bytes: Buffer) => bytes.subarray(at(bytes, where))),
  fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(([where, byte]) => (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    changed[at(bytes, where)] = byte;
    return changed;
  }),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(
    ([where, more]) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, at(bytes, where)), more, bytes.subarray(at(bytes, where))]),
  ),
  fc.constantFrom('\0', '\\u0000', '\\ud800', '\ufeff', '[', '{"cts":', '"', '\n', '9'.repeat(400)).chain((text) =>
    place.map((where) => (bytes: Buffer) => {
      const middle = at(bytes, where);
      return Buffer.concat([bytes.subarray(0, middle), Buffer.from(text), bytes.subarray(middle)]);
    }),
  ),
);

const strangeValue = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(
    null,
    '',
    '\0',
    'x\0y',
    '\ud800',
    -1,
    0,
    1e308,
    -0.5,
    253_402_300_800_000,
    Number.MAX_SAFE_INTEGER,
    true,
    [],
    {},
    'x'.repeat(70_000),
    '9999-99-99T99:99:99Z',
    { toString: 'x', constructor: 1 },
  ),
  fc.string({ unit: 'binary', maxLength: 400 }),
);

/** To the event: a member changed, taken away or added. */
const memberEdit: fc.Arbitrary<Edit> = fc
  .record({
    which: place,
    how: fc.constantFrom('change', 'remove', 'add', 'change user'),
    name: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'trace_status', 'cts', 'record_time', 'extra')),
    value: strangeValue,
  })
  .map(({ which, how, name, value }) => (bytes: Buffer) => {
    const event = JSON.parse(bytes.toString()) as Json;
    const inner = typeof event.cts === 'object' && event.cts !== null ? (event.cts as Json) : event;
    const names = Object.keys(inner);
    const chosen = names[Math.floor(which * names.length)] ?? 'user';
    if (how === 'remove') Reflect.deleteProperty(inner, chosen);
    else if (how === 'change user') inner.user = typeof inner.user === 'string' ? JSON.stringify(value) : value;
    else inner[how === 'add' ? name : chosen] = value;
    return Buffer.from(JSON.stringify(event));
  });

/** Mutations of members come first, while the event can still be read; half of the events are of now. */
const mutation: fc.Arbitrary<Buffer> = fc
  .record({
    sample: fc.constantFrom(...SAMPLES),
    isOfNow: fc.boolean(),
    members: fc.array(memberEdit, { maxLength: 3 }),
    bytes: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(byteEdit, { minLength: 1, maxLength: 3 })),
  })
  .map(({ sample, isOfNow, members, bytes }) => {
    const start = Buffer.from(isOfNow ? ofNow(sample) : sample);
    return [...members, ...bytes].reduce<Buffer>((text, edit) => edit(text), start);
  });

/** Counted back from one instant: were the clock read for each, two could get the same millisecond. */
const START = Date.now();
let sequence = 0;

/** Recent enough to be stored, and with the domain that three of the samples lack. Some of the samples share an id: their times tell them apart. */
function ofNow(sample: string): string {
  const event = JSON.parse(sample) as Json;
  const inner = typeof event.cts === 'object' && event.cts !== null ? (event.cts as Json) : event;
  inner.record_time = START - sequence++;
  inner.domain_id ??= DOMAIN;
  return JSON.stringify(event);
}

describe('anything at all', () => {
  let ingest: Ingest;

  beforeAll(async () => {
    ingest = await Ingest.open({ INGEST_BATCH_ROWS: '200' });
  });
  afterAll(async () => {
    await ingest.close();
  });
  beforeEach(async () => {
    await ingest.reset();
  });

  /** Feeds them, and checks that each is accounted for by a trace, a duplicate or a dead letter with a known reason. */
  async function feed(records: readonly Buffer[]): Promise<{ stored: number; duplicate: number; refused: number }> {
    ingest.log().append(...records);
    const outcomes = await ingest.consume();
    expect(outcomes.filter(({ kind }) => kind !== 'advance')).toEqual([]);
    const { total } = await ingest.coverage();
    expect(total).toMatchObject({ offsets: String(records.length), filtered: '0', absent: '0', balanced: true });
    const letters = await ingest.database.query<{ reason: string; detail: string; offset: string; value: Buffer }>(
      'SELECT reason, detail, "offset", value FROM dead_letters',
    );
    for (const { reason, detail, offset, value } of letters) {
      expect(REFUSAL_REASONS).toContain(reason);
      expect(detail).not.toBe('');
      expect(value.equals(records[Number(offset)]?.subarray(0, 64 * 1024) ?? Buffer.alloc(0))).toBe(true);
    }
    expect(letters).toHaveLength(Number(total.dead_lettered));
    const [stored, duplicate] = [Number(total.stored), Number(total.duplicate)];
    expect(await ingest.traceIds()).toHaveLength(stored);
    return { stored, duplicate, refused: letters.length };
  }

  it('every line of the samples, as it stands and as if it were of now', async () => {
    const asTheyAre = await feed(SAMPLES.map((line) => Buffer.from(line)));
    expect(asTheyAre.stored + asTheyAre.duplicate + asTheyAre.refused).toBe(SAMPLES.length);
    await ingest.reset();
    expect(await feed(SAMPLES.map((line) => Buffer.from(ofNow(line))))).toMatchObject({ stored: SAMPLES.length });
  });

  it('1,000 mutations of them', async () => {
    const mutations = fc.sample(mutation, { numRuns: 1_000, seed: SEED });
    const { stored, refused } = await feed(mutations);
    // Else the mutations would show nothing about the one or the other.
    expect(stored).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(300);
  });

  it('500 strings of random bytes', async () => {
    const bytes = fc.uint8Array({ maxLength: 2_000, size: 'max' }).map((some) => Buffer.from(some));
    expect(await feed(fc.sample(bytes, { numRuns: 500, seed: SEED }))).toEqual({
      stored: 0,
      duplicate: 0,
      refused: 500,
    });
  });
});
