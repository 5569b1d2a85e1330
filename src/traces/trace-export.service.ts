/** Exports traces: short statements one after the other, each only when the reader has taken what came before. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { isEmptyWindow } from '../kernel/time-window.js';
import { Database } from '../platform/database/database.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import { CLOCK } from '../platform/tokens.js';
import { hasMissed } from './core/change-vector.js';
import { EXPORT_FORMATS, type ExportFormat } from './core/export-format.js';
import { renderNative } from './core/native-wire.js';
import { rowFilter } from './native-selection.js';
import { boundsOf, type NativePage, type NativePosition, NativeTracesStore } from './native-traces.store.js';
import { RETENTION_SETTINGS, type RetentionSettings, windowStart } from './retention-settings.js';
import type { ExportQuery } from './trace-export.dto.js';
import { PageText } from './page-text.js';
import { TraceChangesStore } from './trace-changes.store.js';
import { operationUser, TraceRecorder } from './trace-recorder.service.js';

/** Rows of the first statement; later ones take as many as make about {@link PAGE_BYTES}. */
const FIRST_ROWS = 50;
const MOST_ROWS = 1_000;
const PAGE_BYTES = 512 * 1_024;
/** Where rows turn out larger than those before, what comes after this much is left to the next statement. */
const MOST_PAGE_BYTES = 2 * PAGE_BYTES;
/** A day is noted as leaving before it goes; retention tries for no longer than this to get its lock. */
const LEAVING_MS = 60_000;

export interface Export {
  readonly contentType: string;
  /** Pieces of the file. Ends by throwing where the rest cannot be read: then the last line is not there. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Traces told so far. */
  exported(): number;
}

interface Plan {
  readonly page: Omit<NativePage, 'after' | 'limit'>;
  readonly format: ExportFormat;
  readonly text: PageText;
  /** When it began, epoch ms by the database's clock. */
  readonly beganMs: number;
}

/** What one statement gave, the text of which is in the {@link PageText}. */
interface Piece {
  readonly rows: number;
  /** Null where there is nothing more. */
  readonly after: NativePosition | null;
}

interface Progress {
  exported: number;
}

@Injectable()
export class TraceExport {
  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: Pick<RetentionSettings, 'retentionDays'>,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly store: NativeTracesStore,
    private readonly changes: TraceChangesStore,
    private readonly database: Database,
    private readonly recorder: TraceRecorder,
  ) {}

  /**
   * Holds what is stored now and the filters find, and nothing stored later. The export is recorded as a trace before
   * anything of it is told. Resolves when the first rows are there, so that a search too wide is still answered as an error.
   */
  async start(principal: Principal, query: ExportQuery, origin: RequestOrigin): Promise<Export> {
    const now = this.clock.now();
    const filter = rowFilter(principal, query.selection, now, windowStart(now, this.settings));
    const beganMs = await this.changes.now();
    const bounds = boundsOf(await this.store.logHeads());
    const format = EXPORT_FORMATS[query.format];
    const page = { ...filter, bounds, newestFirst: query.newestFirst, fields: query.fields };
    const plan: Plan = { page, format, text: new PageText(MOST_PAGE_BYTES), beganMs };
    const first = isEmptyWindow(filter.window) ? { rows: 0, after: null } : await this.read(plan, null, FIRST_ROWS);
    await this.database.transaction((transaction) =>
      this.recorder.record(operation(principal, filter.domainId, query, origin), transaction),
    );
    const progress: Progress = { exported: 0 };
    return {
      contentType: format.contentType,
      chunks: this.chunks(plan, first, progress),
      exported: () => progress.exported,
    };
  }

  private async *chunks(plan: Plan, first: Piece, progress: Progress): AsyncGenerator<Buffer> {
    const { format, page, text } = plan;
    const header = format.header(page.fields);
    if (header !== '') yield Buffer.from(header);
    let piece = first;
    for (;;) {
      progress.exported += piece.rows;
      yield* text.pieces();
      if (piece.after === null) break;
      const limit = Math.max(1, Math.min(MOST_ROWS, Math.floor((PAGE_BYTES * piece.rows) / text.bytes)));
      piece = await this.read(plan, piece.after, limit);
    }
    await this.assertNothingLeft(plan);
    yield Buffer.from(format.footer(progress.exported, page.fields));
  }

  /** Throws where a day of the window has left since the export began: what it held may not have been told. */
  private async assertNothingLeft({ page, beganMs }: Plan): Promise<void> {
    const nothing = { atMs: beganMs, beganMs: beganMs - LEAVING_MS, positions: new Map(), finished: new Set<number>() };
    if (hasMissed(nothing, await this.changes.departures(page.domainId), page.window.fromMs))
      throw new AppError('QST.Conflict', 'A day of the window left while it was exported; export again');
  }

  /** Each row becomes bytes as it arrives, so that none of its objects outlives it. */
  private async read({ page, format, text }: Plan, after: NativePosition | null, limit: number): Promise<Piece> {
    let [found, rows, last] = [0, 0, after];
    text.clear();
    await this.store.eachOfPage({ ...page, after, limit }, ({ row, position }) => {
      found += 1;
      if (text.bytes >= MOST_PAGE_BYTES) return;
      text.add(format.line(renderNative(row, page.fields), page.fields));
      rows += 1;
      last = position;
    });
    return { rows, after: found < limit && rows === found ? null : last };
  }
}

function operation(principal: Principal, domainId: string, query: ExportQuery, origin: RequestOrigin) {
  return {
    serviceType: 'CTS',
    resourceType: 'trace',
    traceName: 'exportTrace',
    rating: 'normal',
    domainId: principal.domainId,
    projectId: principal.projectId ?? '',
    resourceId: domainId,
    user: operationUser(principal),
    request: { format: query.format, fields: query.fields, ...described(query) },
    // A domain may leave reads unrecorded; that its traces were carried out is recorded all the same.
    readOnly: false,
    ...origin,
  } as const;
}

function described({ selection }: ExportQuery): Record<string, unknown> {
  const { fromMs, toMs, filters, text } = selection;
  return { from: fromMs, to: toMs, filters, text };
}
