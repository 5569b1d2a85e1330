import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { compressSync } from 'snappy';
import { lz4Codec, registerCodecs, snappyCodec, zstdCodec, type Codec } from './codecs.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

const contents: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['a byte', Buffer.from([7])],
  ['text', Buffer.from('{"trace_name":"deleteRepo"}'.repeat(50))],
  ['more than one block, compressible', Buffer.from('abcdefgh'.repeat(20_000))],
  ['more than one block, random', randomBytes(100_000)],
];

const codec = (type: keyof typeof CompressionCodecs): Codec => CompressionCodecs[type]() as Codec;

/** The stream of snappy-java: magic, version 1, compatible with 1, then blocks with their lengths. */
function xerial(...blocks: Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from('82534e41505059000000000100000001', 'hex')];
  for (const block of blocks.map((content) => compressSync(content))) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

describe('the codecs', () => {
  beforeAll(registerCodecs);

  describe.each([
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
  ] as const)('%s, as kafkajs finds it', (_name, type) => {
    it.each(contents)('gives back %s', async (_what, content) => {
      const compressed = await codec(type).compress({ buffer: content });
      expect((await codec(type).decompress(compressed)).equals(content)).toBe(true);
    });
  });

  it('compress at all', async () => {
    const content = Buffer.from('abcdefgh'.repeat(20_000));
    for (const each of [snappyCodec, lz4Codec]) {
      expect((await each.compress({ buffer: content })).length).toBeLessThan(content.length / 10);
    }
  });

  describe('snappy', () => {
    it('reads the framing of Java producers, of any number of blocks', async () => {
      const [one, two] = [Buffer.from('first block, '), Buffer.from('second block')];
      expect(String(await snappyCodec.decompress(xerial()))).toBe('');
      expect(String(await snappyCodec.decompress(xerial(one)))).toBe('first block, ');
      expect(String(await snappyCodec.decompress(xerial(one, two)))).toBe('first block, second block');
    });

    it('reads the single bare block of librdkafka', async () => {
      expect(String(await snappyCodec.decompress(compressSync('bare block')))).toBe('bare block');
    });

    it('writes the framing of Java producers', async () => {
      expect(await snappyCodec.compress({ buffer: Buffer.from('framed') })).toEqual(xerial(Buffer.from('framed')));
    });

    it.each([
      ['inside a block length', 18],
      ['inside a block', 25],
    ])('refuses a frame that ends %s', async (where, length) => {
      const cut = xerial(Buffer.from('something long enough')).subarray(0, length);
      await expect(snappyCodec.decompress(cut)).rejects.toThrow(where);
    });
  });

  describe('zstd', () => {
    // Written by zstd 1.5 from a pipe: no content size in the header, with and without a checksum.
    it.each([
      ['KLUv/QBYrQAAeHpzdGQgc2F5cyBoZWxsbwEA8Uod', 'zstd says hello hello hello hello'],
      ['KLUv/QRYrQAAeHpzdGQgc2F5cyBoZWxsbwEA8UodEF1h6g==', 'zstd says hello hello hello hello'],
      ['KLUv/QRYhAAAQGFiY2RlZmdoAQD1/8sLF0UAAAhhAQD88A6Edjda3g==', 'abcdefgh'.repeat(20_000)],
    ])('reads %s', async (frame, content) => {
      const bytes = await codec(CompressionTypes.ZSTD).decompress(Buffer.from(frame, 'base64'));
      expect(Buffer.isBuffer(bytes)).toBe(true);
      expect(bytes.toString()).toBe(content);
    });

    it('says that it does not write', async () => {
      await expect(zstdCodec.compress({ buffer: Buffer.from('x') })).rejects.toThrow('zstd is read but not written');
    });

    it('refuses what is not zstd', async () => {
      await expect(zstdCodec.decompress(Buffer.from('not zstd'))).rejects.toThrow();
    });
  });
});
