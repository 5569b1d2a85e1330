/** The history of requests as a file: a line for each step, and a last one that tells a whole file from one cut off. */
import { csvRecord } from '../../traces/core/csv.js';
import type { ExportedStep } from './wire-export.js';

export interface RequestExportFormat {
  readonly contentType: string;
  readonly header: string;
  line(step: ExportedStep): string;
  footer(exported: number): string;
}

/** In the order of the columns. */
export const EXPORT_COLUMNS = [
  'request_id',
  'domain_id',
  'quota_key',
  'scope',
  'seq',
  'at',
  'action',
  'side',
  'by_id',
  'by_name',
  'from',
  'to',
  'note',
  'details',
] as const satisfies readonly (keyof ExportedStep)[];

export const REQUEST_EXPORT_FORMATS = {
  /** One step per line, then `{"exported":N}`. */
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    header: '',
    line: (step) => `${JSON.stringify(step)}\n`,
    footer: (exported) => `${JSON.stringify({ exported })}\n`,
  },
  /** A header, one step per record, then `# exported N`. No cell is one that a spreadsheet takes for a formula. */
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    header: csvRecord(EXPORT_COLUMNS),
    line: (step) => csvRecord(EXPORT_COLUMNS.map((column) => cellOf(step[column]))),
    footer: (exported) =>
      csvRecord(EXPORT_COLUMNS.map((_, column) => (column === 0 ? `# exported ${String(exported)}` : ''))),
  },
} as const satisfies Record<string, RequestExportFormat>;

export type RequestExportName = keyof typeof REQUEST_EXPORT_FORMATS;

function cellOf(value: ExportedStep[keyof ExportedStep]): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
