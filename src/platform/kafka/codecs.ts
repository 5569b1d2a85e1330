/** The compression codecs of Kafka records: kafkajs brings gzip only; snappy, lz4 and zstd are registered here. */
import { decompress as decompressZstd } from 'fzstd';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { compress as compressSnappyBlock, uncompress as uncompressSnappyBlock } from 'snappy';

/** What kafkajs asks of a codec. It compresses an encoder, of which only the bytes matter. */
export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/** Magic of snappy-java's stream format (github.com/xerial/snappy-java, SnappyCodec), which Java producers write. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** The magic, then the version and the oldest compatible version, 32 bits each. */
const XERIAL_HEADER_BYTES = 16;
const XERIAL_VERSION = 1;
/** Block size of snappy-java. */
const XERIAL_BLOCK_BYTES = 32 * 1024;
const LENGTH_BYTES = 4;

/** Writes the framed form, which Java and librdkafka both read; reads it, and the single bare block of librdkafka. */
export const snappyCodec: Codec = {
  async compress({ buffer }) {
    const parts = [xerialHeader()];
    for (let start = 0; start < buffer.length; start += XERIAL_BLOCK_BYTES) {
      const block = await compressSnappyBlock(buffer.subarray(start, start + XERIAL_BLOCK_BYTES));
      parts.push(uint32(block.length), block);
    }
    return Buffer.concat(parts);
  },
  async decompress(buffer) {
    if (!isXerial(buffer)) return uncompressSnappy(buffer);
    return Buffer.concat(await Promise.all([...xerialBlocks(buffer)].map(uncompressSnappy)));
  },
};

export const lz4Codec: Codec = {
  compress: ({ buffer }) => compressFrame(buffer),
  decompress: (buffer) => decompressFrame(buffer),
};

/** Reads only: no maintained zstd compressor installs without a compiler on Node 20. */
export const zstdCodec: Codec = {
  compress: () => Promise.reject(new Error('zstd is read but not written here: produce with gzip, snappy or lz4')),
  async decompress(buffer) {
    return Promise.resolve(toBuffer(decompressZstd(buffer)));
  },
};

/** Idempotent; affects all kafkajs clients of the process. */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.Snappy] = () => snappyCodec;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4Codec;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec;
}

function isXerial(buffer: Buffer): boolean {
  return buffer.length >= XERIAL_HEADER_BYTES && buffer.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC);
}

function* xerialBlocks(buffer: Buffer): Generator<Buffer> {
  let position = XERIAL_HEADER_BYTES;
  while (position < buffer.length) {
    if (position + LENGTH_BYTES > buffer.length) throw new Error('snappy frame ends inside a block length');
    const end = position + LENGTH_BYTES + buffer.readUInt32BE(position);
    if (end > buffer.length) throw new Error('snappy frame ends inside a block');
    yield buffer.subarray(position + LENGTH_BYTES, end);
    position = end;
  }
}

async function uncompressSnappy(block: Buffer): Promise<Buffer> {
  const bytes = await uncompressSnappyBlock(block, { asBuffer: true });
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
}

function xerialHeader(): Buffer {
  return Buffer.concat([XERIAL_MAGIC, uint32(XERIAL_VERSION), uint32(XERIAL_VERSION)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(LENGTH_BYTES);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The same memory, seen as a Buffer. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
