import fc from 'fast-check';
import { shiftUuidV1, uuidV1, uuidV1Time } from './ids.js';

const NODE = '8000a1b2c3d4e5f6';
const times = fc.integer({ min: 1_000_000_000_000, max: 4_102_444_800_000 });

describe('version-1 ids', () => {
  it('reads the time of a published id (domain/cts.md §0.3)', () => {
    expect(uuidV1Time('cbdd4480-2e03-11ef-82de-cf140e2a70fb')).toBe(1_718_777_931_183);
  });

  it.each(['', 'xxx', '68d5745e-6af2-40e4-945d-fe449be00148', 'cbdd4480-2e03-11ef-82de-cf140e2a70fb0'])(
    'finds no time in %p',
    (id) => {
      expect(uuidV1Time(id)).toBeNull();
    },
  );

  it('carries its time, and moves by whole milliseconds', () => {
    fc.assert(
      fc.property(times, fc.nat(9_999), fc.integer({ min: -1e12, max: 1e12 }), (time, ticks, shift) => {
        const id = uuidV1(time, ticks, NODE);
        expect(uuidV1Time(id)).toBe(time);
        expect(uuidV1Time(shiftUuidV1(id, shift))).toBe(time + shift);
        expect(shiftUuidV1(shiftUuidV1(id, shift), -shift)).toBe(id);
      }),
    );
  });

  it('leaves other ids alone', () => {
    expect(shiftUuidV1('cccccccccccccccccccc', 1_000)).toBe('cccccccccccccccccccc');
  });
});
