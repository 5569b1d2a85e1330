import type { Trace } from '../../../src/traces/core/trace.js';
import { BatchWriter } from '../../../src/traces/batch-writer.service.js';
import { IngestHandler } from '../../../src/traces/ingest-handler.service.js';
import { IngestLogStore } from '../../../src/traces/ingest-log.store.js';
import { IngestObserver } from '../../../src/traces/ingest-observer.service.js';
import { LogReader } from '../../../src/traces/log-reader.service.js';
import { OUTBOX_HEADER } from '../../../src/traces/parsed-record.js';
import { type ProjectedBatch, TraceExtensions } from '../../../src/traces/trace-projection.js';
import { TraceOutboxStore } from '../../../src/traces/trace-outbox.store.js';
import { TraceRecorder } from '../../../src/traces/trace-recorder.service.js';
import { CONFIG, LOG_INSPECTOR } from '../../../src/platform/tokens.js';
import { event, DOMAIN, Ingest, PROJECT, TOPIC } from './harness.js';

/** A second process: its own positions, the same database and broker. */
function anotherReader({ module }: Ingest): LogReader {
  return new LogReader(
    module.get(IngestLogStore),
    module.get(BatchWriter),
    module.get(IngestObserver),
    module.get(LOG_INSPECTOR),
    module.get(CONFIG),
  );
}

describe('one batch, one transaction', () => {
  let ingest: Ingest;

  beforeAll(async () => {
    ingest = await Ingest.open();
  });
  afterAll(async () => {
    await ingest.close();
  });
  beforeEach(async () => {
    await ingest.reset();
  });

  describe('fencing', () => {
    it('lets a process that was frozen write nothing, though its successor was idle', async () => {
      ingest.log().append(event());
      await ingest.consume();
      const successor = anotherReader(ingest);
      // Idle: it has claimed the log, and recognised it by the last record, but found nothing new.
      await ingest.consume(0, 0n, successor);
      ingest.log().append(event(), event());
      const outcome = await ingest.reader.handle(ingest.log().batch(1n)!, ingest.control);
      expect(outcome).toMatchObject({ kind: 'pause' });
      expect((await ingest.coverage()).total).toMatchObject({ offsets: '1', stored: '1' });
      await ingest.consume(0, 1n, successor);
      expect((await ingest.coverage()).total).toMatchObject({
        offsets: '3',
        stored: '3',
        duplicate: '0',
        balanced: true,
      });
    });

    it('does not take the log from its successor when the group says that it went on', async () => {
      ingest.log().append(event());
      await ingest.consume();
      const { epoch } = (await ingest.database.query<{ epoch: string }>('SELECT epoch FROM ingest_logs'))[0]!;
      ingest.reader.assigned();
      ingest.control = { heartbeat: () => Promise.reject(new Error('unknown member')), isRunning: () => true };
      await expect(ingest.consume()).rejects.toThrow('unknown member');
      expect(await ingest.database.query('SELECT epoch FROM ingest_logs')).toEqual([{ epoch }]);
    });

    it('lets one of two processes begin a log', async () => {
      ingest.log().append(event(), event());
      const readers = [anotherReader(ingest), anotherReader(ingest), anotherReader(ingest)];
      await Promise.all(readers.map((reader) => ingest.consume(0, 0n, reader)));
      const { logs, total } = await ingest.coverage();
      expect(logs).toHaveLength(1);
      expect(total).toMatchObject({ stored: '2', duplicate: '0', balanced: true });
    });
  });

  it('writes the same traces from two logs at once without deadlock, each stored once', async () => {
    const traces = Array.from({ length: 400 }, () => event());
    ingest.log(0).append(...traces);
    ingest.log(1).append(...[...traces].reverse());
    await Promise.all([ingest.consume(0), ingest.consume(1, 0n, anotherReader(ingest))]);
    const { logs, total } = await ingest.coverage();
    expect(total).toMatchObject({ offsets: '800', stored: '400', duplicate: '400', balanced: true });
    for (const { log, stored } of logs) {
      const rows = await ingest.database.query<{ last: string | null }>(
        'SELECT max(seq) AS last FROM traces WHERE log = $1',
        [log],
      );
      expect(rows[0]?.last ?? '0').toBe(stored);
    }
  });

  it('stops between chunks when told to, and says how far it came', async () => {
    const small = await Ingest.open({ INGEST_BATCH_ROWS: '100' });
    try {
      small.log().append(...Array.from({ length: 250 }, () => event()));
      let chunks = 0;
      small.control = { heartbeat: () => Promise.resolve(), isRunning: () => ++chunks < 2 };
      await small.reader.handle(small.log().batch(0n)!, small.control).then((outcome) => {
        expect(outcome).toEqual({ kind: 'advance', nextOffset: 200n });
      });
    } finally {
      await small.close();
    }
  });

  it('waits, refusing nothing, while the database does not answer', async () => {
    const handler = ingest.module.get(IngestHandler);
    ingest.log().append(event());
    const batch = ingest.log().batch(0n)!;
    await ingest.database.query('ALTER TABLE ingest_logs RENAME TO ingest_logs_away');
    try {
      expect(await handler.handle(batch, ingest.control)).toMatchObject({ kind: 'pause' });
    } finally {
      await ingest.database.query('ALTER TABLE ingest_logs_away RENAME TO ingest_logs');
    }
    expect(await handler.handle(batch, ingest.control)).toEqual({ kind: 'advance', nextOffset: 1n });
    expect(await ingest.database.query('SELECT FROM dead_letters')).toEqual([]);
  });

  it('makes the partition that retention took away under it, instead of refusing the row', async () => {
    const handler = ingest.module.get(IngestHandler);
    ingest.log().append(event());
    await ingest.consume();
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    await ingest.database.query(`DROP TABLE traces_${day}`);
    const late = event();
    ingest.log().append(late);
    const batch = ingest.log().batch(1n)!;
    expect(await handler.handle(batch, ingest.control)).toMatchObject({ kind: 'pause' });
    let outcome = await handler.handle(batch, ingest.control);
    if (outcome.kind === 'seek') outcome = await handler.handle(ingest.log().batch(outcome.offset)!, ingest.control);
    expect(outcome).toEqual({ kind: 'advance', nextOffset: 2n });
    expect(await ingest.traceIds()).toEqual([late.trace_id]);
  });

  describe('extensions', () => {
    let extended: Ingest;
    const seen: ProjectedBatch[] = [];
    let failing = false;

    beforeAll(async () => {
      extended = await Ingest.open();
      const extensions = extended.module.get(TraceExtensions);
      extensions.setAnnotator({
        annotate: (traces: readonly Trace[]) =>
          Promise.resolve(traces.map(({ resourceName }) => (resourceName === 'x' ? 'deny' : null))),
      });
      extensions.addProjection({
        name: 'test',
        apply: async (batch, transaction) => {
          await transaction.query('INSERT INTO actors VALUES ($1, $2, now())', [
            'projection',
            String(batch.stored.length),
          ]);
          if (failing) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
          seen.push(batch);
        },
      });
    });
    afterAll(async () => {
      await extended.close();
    });

    it('stores the verdict and shows projections what is new, and what came too late', async () => {
      const late = event({ record_time: Date.now() - 8 * 86_400_000 });
      const twice = event({ resource_name: 'x' });
      extended.log().append(twice, twice, late);
      await extended.consume();
      expect(seen).toHaveLength(1);
      expect(seen[0]?.stored.map(({ trace, offset }) => [trace.traceId, offset])).toEqual([[twice.trace_id, 0n]]);
      expect(seen[0]?.expired.map(({ trace, offset }) => [trace.traceId, offset])).toEqual([[late.trace_id, 2n]]);
      expect(await extended.database.query('SELECT verdict FROM traces')).toEqual([{ verdict: 'deny' }]);
    });

    it('stores nothing of a batch whose projection fails', async () => {
      failing = true;
      extended.log().append(event());
      const outcome = await extended.module.get(IngestHandler).handle(extended.log().batch(3n)!, extended.control);
      expect(outcome).toMatchObject({ kind: 'pause' });
      expect((await extended.coverage()).total).toMatchObject({ offsets: '3', stored: '1', balanced: true });
      expect(await extended.traceIds()).toHaveLength(1);
      failing = false;
    });

    it('refuses a second annotator', () => {
      const extensions = extended.module.get(TraceExtensions);
      expect(() => extensions.setAnnotator({ annotate: () => Promise.resolve([]) })).toThrow(/already/);
    });
  });

  describe('own operations', () => {
    const login = {
      serviceType: 'IAM',
      resourceType: 'user',
      traceName: 'login',
      rating: 'normal',
      domainId: DOMAIN,
      projectId: PROJECT,
    } as const;

    it('is recorded only if the transaction that does it commits', async () => {
      const recorder = ingest.module.get(TraceRecorder);
      await expect(
        ingest.database.transaction(async (transaction) => {
          await recorder.record(login, transaction);
          throw new Error('changed my mind');
        }),
      ).rejects.toThrow('changed my mind');
      expect(await ingest.module.get(TraceOutboxStore).pending()).toMatchObject({ rows: 0 });
    });

    it('stays in the outbox until ingest has stored it, and is taken once by concurrent relays', async () => {
      const outbox = ingest.module.get(TraceOutboxStore);
      const recorder = ingest.module.get(TraceRecorder);
      await ingest.database.transaction(async (transaction) => {
        for (let count = 0; count < 50; count++) await recorder.record(login, transaction);
      });
      const taken = (await Promise.all([outbox.takeDue(30), outbox.takeDue(30), outbox.takeDue(30)])).flat();
      expect(new Set(taken.map(({ traceId }) => traceId)).size).toBe(50);
      expect(taken).toHaveLength(50);
      expect(await outbox.takeDue(30)).toEqual([]);
      for (const { payload } of taken) ingest.log().add(payload, { [OUTBOX_HEADER]: Buffer.from('1') });
      await ingest.consume();
      expect(await outbox.pending()).toMatchObject({ rows: 0 });
      expect((await ingest.coverage()).total).toMatchObject({ stored: '50', balanced: true });
    });

    it('is due again when the broker did not take it, or forgot it', async () => {
      const outbox = ingest.module.get(TraceOutboxStore);
      await ingest.database.transaction((transaction) => ingest.module.get(TraceRecorder).record(login, transaction));
      const first = await outbox.takeDue(10);
      await outbox.giveBack(first);
      expect(await outbox.takeDue(10)).toEqual(first);
      await ingest.database.query(`UPDATE trace_outbox SET published_at = now() - interval '31 seconds'`);
      expect(await outbox.takeDue(10)).toEqual(first);
    });
  });

  it('tells of a replaced log in a trace of the operator domain', async () => {
    const { InstallationOwner } = await import('../../../src/traces/traces.tokens.js');
    ingest.module.get(InstallationOwner).set({ domainId: 'operator', projectId: 'p' });
    ingest.log().append(event());
    await ingest.consume();
    ingest.reader.assigned();
    ingest.replaceLog().add(event(), {}, 5_000);
    await ingest.consume();
    const rows = await ingest.database.query<{ payload: string }>('SELECT payload FROM trace_outbox');
    expect(rows.map(({ payload }) => JSON.parse(payload) as object)).toMatchObject([
      {
        trace_name: 'beginIncarnation',
        domain_id: 'operator',
        resource_name: `${TOPIC}/0`,
        trace_type: 'SystemAction',
      },
    ]);
  });
});
