/** `npm run dlq -- list|show|replay|drop …`: works on refused records through the running service's API (contracts.md). */
import { DEAD_LETTER_USAGE, type DeadLetterArguments, parseDeadLetterArguments } from './dead-letters.arguments.js';
import { deadLetterListSchema, shownDeadLetterSchema, type WireDeadLetter } from './dead-letters.dto.js';
import { describeLetter, printableJson, tableHead, tableRow } from './dead-letters.table.js';

/** Any status is an answer; only what is no answer at all is thrown. */
export interface DeadLetterApi {
  get(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface DeadLetterContext {
  /** Opened only when the arguments are right. */
  readonly open: () => DeadLetterApi;
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
}

interface Tally {
  matched: number;
  done: number;
  failed: number;
}

const PATH = '/v1/ingest/dead-letters';
const PAGE = '200';
const FIRST_PAGE = '50';
const PROGRESS_EVERY = 100;
const DONE = { replay: 'replayed', drop: 'dropped' } as const;

/** Exit code: 0 done, 1 something was not, 2 wrong usage. The last line on stdout is the result. */
export async function deadLettersCommand(args: readonly string[], context: DeadLetterContext): Promise<number> {
  const parsed = parseDeadLetterArguments(args);
  if (!parsed.ok) {
    context.stderr(`${parsed.problems.join('\n')}\n${DEAD_LETTER_USAGE}`);
    return 2;
  }
  const wanted = parsed.value;
  const api = context.open();
  switch (wanted.verb) {
    case 'list':
      return list(wanted, api, context);
    case 'show':
      return show(wanted, api, context);
    case 'replay':
    case 'drop':
      return act(wanted.verb, wanted, api, context);
  }
}

async function list(
  { filters, all }: DeadLetterArguments,
  api: DeadLetterApi,
  out: DeadLetterContext,
): Promise<number> {
  let matched = 0;
  const pages = pagesOf(api, filters, all ? PAGE : FIRST_PAGE);
  for await (const { letters, hasMore } of pages) {
    if (matched === 0 && letters.length > 0) out.stdout(tableHead());
    for (const letter of letters) out.stdout(tableRow(letter));
    matched += letters.length;
    if (all || !hasMore) continue;
    out.stderr('there are more; --all lists them all');
    break;
  }
  out.stdout(JSON.stringify({ matched }));
  return 0;
}

async function show({ ids }: DeadLetterArguments, api: DeadLetterApi, out: DeadLetterContext): Promise<number> {
  const answer = await api.get(`${PATH}/${ids.join('')}`);
  if (answer.status !== 200) {
    out.stderr(refusalOf(answer));
    out.stdout(JSON.stringify({ matched: 0 }));
    return 1;
  }
  const letter = shownDeadLetterSchema.parse(answer.body);
  out.stdout(describeLetter(letter));
  out.stdout(printableJson({ matched: 1, dead_letter: letter }));
  return 0;
}

async function act(
  verb: 'replay' | 'drop',
  wanted: DeadLetterArguments,
  api: DeadLetterApi,
  out: DeadLetterContext,
): Promise<number> {
  const tally: Tally = { matched: 0, done: 0, failed: 0 };
  const body = wanted.why === null ? {} : { reason: wanted.why };
  try {
    for await (const id of wanted.all ? matching(api, wanted.filters) : wanted.ids) {
      tally.matched += 1;
      const answer = await api.post(`${PATH}/${id}/${verb}`, body);
      if (answer.status === 202) tally.done += 1;
      else {
        tally.failed += 1;
        out.stderr(`${id}: ${refusalOf(answer)}`);
      }
      if (tally.matched % PROGRESS_EVERY === 0) out.stderr(`${String(tally.done)} ${DONE[verb]}`);
    }
  } catch (error) {
    // How far it came is told all the same.
    tally.failed += 1;
    out.stderr(error instanceof Error ? error.message : String(error));
  }
  const { matched, done, failed } = tally;
  if (verb === 'replay' && done > 0) out.stderr('what becomes of them: npm run dlq -- list --state replayed');
  out.stdout(JSON.stringify({ matched, [DONE[verb]]: done, failed }));
  return failed === 0 ? 0 : 1;
}

async function* matching(api: DeadLetterApi, filters: DeadLetterArguments['filters']): AsyncGenerator<string> {
  for await (const { letters } of pagesOf(api, filters, PAGE)) for (const { id } of letters) yield id;
}

/** Newest first: what is refused again meanwhile stands before the first page and is not met. */
async function* pagesOf(
  api: DeadLetterApi,
  { reason, state, domainId }: DeadLetterArguments['filters'],
  limit: string,
): AsyncGenerator<{ letters: readonly WireDeadLetter[]; hasMore: boolean }> {
  for (let cursor: string | undefined; ;) {
    const answer = await api.get(PATH, { reason, state, domain_id: domainId, limit, cursor });
    if (answer.status !== 200) throw new Error(refusalOf(answer));
    const { dead_letters: letters, page } = deadLetterListSchema.parse(answer.body);
    yield { letters, hasMore: page.next !== null };
    if (page.next === null) return;
    cursor = page.next;
  }
}

function refusalOf({ status, body }: Answer): string {
  const said = typeof body === 'object' && body !== null && 'error_msg' in body ? body.error_msg : null;
  return typeof said === 'string' ? said : `the service answered with status ${String(status)}`;
}
