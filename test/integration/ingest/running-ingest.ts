/** One ingest process as it runs in production, without its HTTP: the real module on a real broker and a real Postgres. */
import '../../support/eager-kafkajs.js';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { migrations } from '../../../migrations/index.js';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { Database } from '../../../src/platform/database/database.js';
import { type ReadinessReport, Readiness } from '../../../src/platform/health/readiness.js';
import type { ConsumerStatus } from '../../../src/platform/kafka/log-consumer.js';
import { createLogger } from '../../../src/platform/logging/logger.js';
import { PlatformModule } from '../../../src/platform/platform.module.js';
import { SchedulingModule } from '../../../src/platform/scheduling/scheduling.module.js';
import { renderCoverage, type WireCoverage } from '../../../src/traces/coverage.dto.js';
import { IngestLogStore } from '../../../src/traces/ingest-log.store.js';
import { IngestWorker } from '../../../src/traces/ingest-worker.service.js';
import { flowFor, replayCommand } from '../../../src/traces/index.js';
import { TracesModule } from '../../../src/traces/traces.module.js';
import { createTestDatabase } from '../../support/database.js';
import { reaches } from '../../support/reaches.js';
import { type Scenario, scenariosOn } from '../kafka/harness.js';
import { DOMAIN, PROJECT } from './harness.js';

export const sample = (name: string): string => join(__dirname, '../../../samples', name);

interface LogLine {
  readonly level: string;
  readonly msg: string;
}

export interface IngestPlace {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly groupId: string;
}

export class RunningIngest {
  private closed: Promise<void> | undefined;

  private constructor(
    readonly module: TestingModule,
    readonly database: Database,
    private readonly lines: readonly LogLine[],
  ) {}

  static async start({ databaseUrl, brokers, topic, groupId }: IngestPlace): Promise<RunningIngest> {
    const config = loadConfig({
      ROLES: 'ingest',
      DATABASE_URL: databaseUrl,
      DATABASE_POOL: '5',
      DATABASE_READ_POOL: '1',
      DATABASE_CONNECT_TIMEOUT_MS: '2000',
      KAFKA_TOPIC: topic,
      KAFKA_DLQ_TOPIC: `${topic}.dlq`,
      KAFKA_GROUP_ID: groupId,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    });
    const lines: LogLine[] = [];
    const write = (line: string): void => void lines.push(JSON.parse(line) as LogLine);
    const logger = createLogger({ level: 'info', secrets: [], destination: { write } });
    const platform = { config, databaseUrl, brokers, encryptionKey: randomBytes(32), logger, migrations };
    const module = await Test.createTestingModule({
      imports: [PlatformModule.forRoot(platform), SchedulingModule, TracesModule],
    }).compile();
    await module.init();
    return new RunningIngest(module, module.get(Database), lines);
  }

  status(): ConsumerStatus {
    return this.module.get(IngestWorker).status();
  }

  readiness(): Promise<ReadinessReport> {
    return this.module.get(Readiness).report();
  }

  logged(level: 'warn' | 'error'): string[] {
    return this.lines.filter((line) => line.level === level).map(({ msg }) => msg);
  }

  async coverage(): Promise<WireCoverage> {
    return renderCoverage(await this.module.get(IngestLogStore).coverage());
  }

  /** Coverage once so many offsets are accounted for. */
  accountedFor(offsets: number, limitMs?: number): Promise<WireCoverage> {
    return reaches(
      `${String(offsets)} offsets are accounted for`,
      () => this.coverage(),
      ({ total }) => BigInt(total.offsets) >= BigInt(offsets),
      limitMs,
    );
  }

  async traceIds(): Promise<string[]> {
    const rows = await this.database.query<{ trace_id: string }>('SELECT trace_id FROM traces');
    return rows.map(({ trace_id }) => trace_id);
  }

  /** Finishes the batch in hand, leaves the group. Calling it twice is harmless. */
  close(): Promise<void> {
    return (this.closed ??= this.module.close());
  }
}

export interface IngestScenario extends Scenario {
  readonly ingest: RunningIngest;
  /** Another process of the same group on the same database. */
  another(): Promise<RunningIngest>;
  /** What `npm run replay` does with these arguments; its result. */
  replay(...args: string[]): Promise<{ published: number; failed: number }>;
}

/** Bodies for `it.concurrent`, each with a topic, group and database of its own. A healthy run logs no error. */
export function ingestScenariosOn(
  kind: Parameters<typeof scenariosOn>[0],
): (body: (scenario: IngestScenario) => Promise<void>) => () => Promise<void> {
  const scenario = scenariosOn(kind);
  return (body) =>
    scenario(async (given) => {
      const { url: databaseUrl, drop } = await createTestDatabase();
      const running: RunningIngest[] = [];
      const another = async (): Promise<RunningIngest> => {
        const started = await RunningIngest.start({ databaseUrl, brokers: given.clients.brokers, ...given });
        running.push(started);
        return started;
      };
      try {
        await body({ ...given, ingest: await another(), another, replay: (...args) => replay(given, args) });
        expect(running.flatMap((ingest) => ingest.logged('error'))).toEqual([]);
      } finally {
        await Promise.all(running.map((ingest) => ingest.close()));
        await drop();
      }
    });
}

async function replay(
  { clients, topic, groupId }: Scenario,
  args: readonly string[],
): Promise<{ published: number; failed: number }> {
  const said: string[] = [];
  const problems: string[] = [];
  const code = await replayCommand(args, {
    now: () => Date.now(),
    stdout: (line) => said.push(line),
    stderr: (line) => problems.push(line),
    open: async () => ({
      topic,
      producer: clients.producer(),
      flow: await flowFor(clients.inspector(), topic, groupId),
      own: () => Promise.resolve({ domainId: DOMAIN, projectId: PROJECT }),
      close: () => Promise.resolve(),
    }),
  });
  if (code !== 0) throw new Error(`the replay ended with ${String(code)}: ${problems.join('; ')}`);
  return JSON.parse(said.at(-1) ?? '') as { published: number; failed: number };
}
