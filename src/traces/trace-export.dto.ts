/** Query of `GET /v1/traces/export`. */
import { readSelection, SELECTION_PARAMETERS, type TraceSelection } from './core/native-query.js';
import type { ExportFormatName } from './core/export-format.js';
import type { NativeField } from './core/native-wire.js';
import { described, parameters, readFields, selectionShape } from './native-traces.dto.js';

export interface ExportQuery {
  readonly selection: TraceSelection;
  readonly format: ExportFormatName;
  readonly newestFirst: boolean;
  readonly fields: readonly NativeField[];
}

export const exportQuery = parameters(
  {
    format: described('`ndjson` (the default) or `csv`.', 'csv'),
    ...selectionShape,
    order: described('`desc` (newest first, the default) or `asc`, by record_time and trace_id.', 'asc'),
    fields: described('Only these members, by comma; the columns of the CSV.', 'record_time,trace_name,user'),
  },
  ['format', ...SELECTION_PARAMETERS, 'order', 'fields'],
  (reader): ExportQuery => ({
    selection: readSelection(reader),
    format: reader.choice('format', ['ndjson', 'csv'], 'ndjson'),
    newestFirst: reader.choice('order', ['desc', 'asc'], 'desc') === 'desc',
    fields: readFields(reader),
  }),
);
