/**
 * The text of one page as bytes, in one buffer that serves page after page. Pieces are copied out when the stream asks for
 * them: only those on their way are new, and die young, so that an export of any length leaves nothing to the old generation
 * of the garbage collector, which would let hundreds of buffers pile up before it looks.
 */
const PIECE_BYTES = 16 * 1_024;

export class PageText {
  private buffer: Buffer;
  private length = 0;

  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  get bytes(): number {
    return this.length;
  }

  /** Grows the buffer where the text does not fit. */
  add(text: string): void {
    const needed = this.length + Buffer.byteLength(text);
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.buffer.length));
      this.buffer.copy(larger, 0, 0, this.length);
      this.buffer = larger;
    }
    this.length += this.buffer.write(text, this.length, 'utf8');
  }

  /** Copies of the text in order; not to be mixed with {@link add} and {@link clear}. */
  *pieces(): Generator<Buffer> {
    for (let at = 0; at < this.length; at += PIECE_BYTES)
      yield Buffer.from(this.buffer.subarray(at, Math.min(at + PIECE_BYTES, this.length)));
  }

  clear(): void {
    this.length = 0;
  }
}
