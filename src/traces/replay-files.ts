/** Reads NDJSON files, also compressed by gzip, into lines. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** Lines of all files in order, without empty ones. Throws naming the file that cannot be read. */
export async function readLines(files: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const file of files)
    for (const line of (await readText(file)).split(/\r?\n/)) if (line.trim() !== '') lines.push(line);
  return lines;
}

async function readText(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    return (bytes.subarray(0, 2).equals(GZIP_MAGIC) ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
