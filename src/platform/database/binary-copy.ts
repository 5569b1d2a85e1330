/** Writes rows in the binary format of `COPY … FROM STDIN (FORMAT binary)` into a few large chunks. */

const SIGNATURE = Buffer.from([
  0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00, 0, 0, 0, 0, 0, 0, 0, 0,
]);
const TRAILER = Buffer.from([0xff, 0xff]);
const CHUNK_BYTES = 256 * 1024;
/** Postgres counts time in microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
/** An int8 is written in halves where a double holds it: a BigInt a column costs more than the rest of it. */
const UNITS_OF_HIGH_HALF = 2 ** 32;
/** Up to here writing units one by one is faster than the call into the runtime. */
const SHORT_TEXT = 48;
const MAX_ASCII = 0x7f;
/** A UTF-16 unit takes at most three bytes in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** One encoder serves one COPY: call {@link row}, then one method per column in the order of the statement, for each row. */
export class BinaryCopyEncoder {
  private readonly full: Buffer[] = [SIGNATURE];
  private chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  private length = 0;

  row(columns: number): void {
    this.reserve(2);
    this.chunk[this.length++] = columns >>> 8;
    this.chunk[this.length++] = columns;
  }

  text(value: string | null): void {
    if (value === null) return this.null();
    this.reserve(4 + value.length * MAX_BYTES_PER_UNIT);
    const at = this.length + 4;
    let bytes = value.length <= SHORT_TEXT ? this.writeAscii(value, at) : -1;
    if (bytes < 0) bytes = this.chunk.write(value, at, 'utf8');
    this.put(bytes, this.length);
    this.length = at + bytes;
  }

  /** A bytea, of which `digits` are the hexadecimal ones. */
  hex(digits: string): void {
    this.reserve(4 + digits.length / 2);
    this.word(digits.length / 2);
    this.length += this.chunk.write(digits, this.length, 'hex');
  }

  int4(value: number): void {
    this.reserve(8);
    this.word(4);
    this.word(value);
  }

  int8(value: bigint | null): void {
    if (value === null) return this.null();
    this.reserve(12);
    this.word(8);
    this.length = this.chunk.writeBigInt64BE(value, this.length);
  }

  float8(value: number | null): void {
    if (value === null) return this.null();
    this.reserve(12);
    this.word(8);
    this.length = this.chunk.writeDoubleBE(value, this.length);
  }

  boolean(value: boolean | null): void {
    if (value === null) return this.null();
    this.reserve(5);
    this.word(1);
    this.chunk[this.length++] = value ? 1 : 0;
  }

  /** @param epochMs whole milliseconds since 1970 */
  timestamp(epochMs: number): void {
    const micros = (epochMs - POSTGRES_EPOCH_MS) * 1_000;
    if (!Number.isSafeInteger(micros)) return this.int8(BigInt(epochMs - POSTGRES_EPOCH_MS) * 1_000n);
    this.reserve(12);
    this.word(8);
    this.word(Math.floor(micros / UNITS_OF_HIGH_HALF));
    this.word(micros);
  }

  /** The whole stream; the encoder is used up. */
  finish(): Buffer[] {
    return [...this.full, this.chunk.subarray(0, this.length), TRAILER];
  }

  private null(): void {
    this.reserve(4);
    this.word(-1);
  }

  /** Four bytes, the low half of any integer. Each method reserves its own: writers with checks of theirs cost twice. */
  private word(value: number): void {
    this.put(value, this.length);
    this.length += 4;
  }

  private put(value: number, at: number): void {
    const { chunk } = this;
    chunk[at] = value >>> 24;
    chunk[at + 1] = value >>> 16;
    chunk[at + 2] = value >>> 8;
    chunk[at + 3] = value;
  }

  /** How many bytes were written; -1 where the text is not ASCII. */
  private writeAscii(value: string, at: number): number {
    const { chunk } = this;
    const { length } = value;
    for (let index = 0; index < length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > MAX_ASCII) return -1;
      chunk[at + index] = unit;
    }
    return length;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.chunk.length) return;
    this.full.push(this.chunk.subarray(0, this.length));
    this.chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, bytes));
    this.length = 0;
  }
}
