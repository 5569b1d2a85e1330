import fc from 'fast-check';
import { readReplayMark, writeReplayMark } from './dead-letter-replay.js';

const ID = '0f8fad5b-d9cb-469f-a165-70867728950e';

describe('the mark of a replay', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: 1, max: 999_999_999 }), (deadLetterId, replay) => {
        const mark = { deadLetterId, replay };
        expect(readReplayMark(Buffer.from(writeReplayMark(mark)))).toEqual(mark);
      }),
    );
  });

  it.each([
    undefined,
    '',
    ID,
    `${ID}/`,
    `${ID}/0`,
    `${ID}/01`,
    `${ID}/1 `,
    `${ID}/1\n`,
    `${ID}/1e3`,
    `${ID}/1000000000`,
  ])('is none: %j', (text) => {
    expect(readReplayMark(text === undefined ? undefined : Buffer.from(text))).toBeNull();
  });

  it('is none in any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(readReplayMark(Buffer.from(bytes))).toBeNull();
      }),
    );
  });
});
