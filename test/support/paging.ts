/** Reads ListTraces to its end, page by page. */
import type { ListTracesAnswer } from '../../src/traces/cts-traces.dto.js';
import type { Answer, Service } from './service.js';

export interface Pages {
  /** In the order of the pages. */
  readonly ids: string[];
  readonly pages: number;
}

/** All traces of a project between the instants, both exclusive. Throws when a page is not answered by 200. */
export async function pageThrough(
  service: Service,
  token: string,
  projectId: string,
  { from, to, limit }: { from: number; to: number; limit: number },
): Promise<Pages> {
  const ids: string[] = [];
  let next: string | null = null;
  for (let pages = 1; ; pages++) {
    const query: URLSearchParams = new URLSearchParams({
      trace_type: 'system',
      from: String(from),
      to: String(to),
      limit: String(limit),
      ...(next !== null && { next }),
    });
    const path = `/v3/${projectId}/traces?${query.toString()}`;
    const { status, body }: Answer<ListTracesAnswer> = await service.call('GET', path, { token });
    if (status !== 200) throw new Error(`${path} is answered by ${String(status)}: ${JSON.stringify(body)}`);
    ids.push(...body.traces.map(({ trace_id }) => trace_id));
    next = body.meta_data.marker;
    if (next === null) return { ids, pages };
  }
}
