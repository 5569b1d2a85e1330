import fc from 'fast-check';
import { uuidV1 } from '../kernel/ids.js';
import { isNaturalTime, placePlainMarker, readExactMarker, writeMarker } from './trace-marker.js';

const NOW = 1_767_225_600_000;
const NODE = 'abcd0123456789ab';
const natural = { traceId: uuidV1(NOW, 7, NODE), recordTime: NOW };

describe('marker', () => {
  it('is the plain id where that says enough', () => {
    expect(writeMarker(natural, [])).toBe(natural.traceId);
    expect(writeMarker({ ...natural, recordTime: NOW + 25 }, [NOW + 25])).toBe(natural.traceId);
    expect(writeMarker({ traceId: 'any', recordTime: NOW }, [NOW])).toBe('any');
  });

  it('adds the time where the id came with several, or looks as if it had one', () => {
    expect(writeMarker({ traceId: 'any', recordTime: NOW }, [NOW, NOW + 1])).toBe(`any@${String(NOW)}`);
    expect(writeMarker({ traceId: `any@${String(NOW)}`, recordTime: 1_234_567_890_123 }, [1_234_567_890_123])).toBe(
      `any@${String(NOW)}@1234567890123`,
    );
  });

  it('leads back to the position it was made for', () => {
    const time = fc.integer({ min: NOW - 3, max: NOW + 3 });
    const id = fc.constantFrom('any', 'a@b', `x@${String(NOW)}`, '', natural.traceId, uuidV1(NOW + 1, 0, NODE));
    fc.assert(
      fc.property(id, time, fc.array(time), (traceId, recordTime, others) => {
        const recorded = [...new Set([recordTime, ...others])].sort((a, b) => b - a);
        const position = { traceId, recordTime };
        const marker = writeMarker(position, isNaturalTime(position) ? [] : recorded);
        expect(readExactMarker(marker) ?? placePlainMarker(marker, recorded)).toEqual(position);
      }),
    );
  });

  it('places an id that is not stored by the time inside it', () => {
    expect(placePlainMarker(natural.traceId, [])).toEqual(natural);
    expect(placePlainMarker('any', [])).toBeNull();
    expect(placePlainMarker('6fa459ea-ee8a-4ca4-894e-db77e160355e', [])).toBeNull();
  });
});
