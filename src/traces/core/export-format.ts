/** The two forms of an export: header, lines, and the last line that tells a whole file from one cut off. */
import { csvRecord } from './csv.js';
import { type NativeField, nativeCells, type NativeTrace } from './native-wire.js';

export interface ExportFormat {
  readonly contentType: string;
  header(fields: readonly NativeField[]): string;
  line(trace: NativeTrace, fields: readonly NativeField[]): string;
  footer(exported: number, fields: readonly NativeField[]): string;
}

export const EXPORT_FORMATS = {
  /** One trace per line, then `{"exported":N}`. */
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    header: () => '',
    line: (trace) => `${JSON.stringify(trace)}\n`,
    footer: (exported) => `${JSON.stringify({ exported })}\n`,
  },
  /** A header, one trace per record, then `# exported N` in the first cell of a record with as many cells as the others. */
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    header: (fields) => csvRecord(fields),
    line: (trace, fields) => csvRecord(nativeCells(trace, fields)),
    footer: (exported, fields) => csvRecord(fields.map((_, column) => (column === 0 ? `# exported ${exported}` : ''))),
  },
} as const satisfies Record<string, ExportFormat>;

export type ExportFormatName = keyof typeof EXPORT_FORMATS;
