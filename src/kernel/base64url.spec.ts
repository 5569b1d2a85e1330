import fc from 'fast-check';
import { decodeBase64Url, encodeBase64Url } from './base64url.js';

describe('base64url', () => {
  it('is what Node makes of the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const encoded = encodeBase64Url(text);
        expect(encoded).toBe(Buffer.from(text, 'utf8').toString('base64url'));
        expect(decodeBase64Url(encoded)).toBe(text);
      }),
    );
  });

  it.each([['a b'], ['ab='], ['a+b/'], ['_w'], ['4pyT!']])('%j is none', (encoded) => {
    expect(decodeBase64Url(encoded)).toBeNull();
  });
});
