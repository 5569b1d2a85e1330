/**
 * The one error type of the service.
 *
 * `code` is the wire code (`CTS.0300`, `APIGW.0301`, `QST.BadCursor` …); the catalogue in `platform/http` maps it to a
 * status and a body. `problems` lists every fault of the input, each naming where it is. `details` are further members of the
 * body, spelt as the wire spells them.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: string;
  readonly problems: readonly Problem[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
    this.details = options.details ?? {};
  }
}

interface ErrorOptions {
  readonly cause?: unknown;
  readonly problems?: readonly Problem[];
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One fault of an input: `path` says where (`query.limit`, `body.projects[0].name`), `message` what. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}
