/** What a command knows of the service it works on: from the environment, else from the files that `npm start` leaves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../platform/config/config.schema.js';

const runtimeSchema = z.object({
  http: z.string(),
  kafka: z.array(z.string()).min(1),
  topic: z.string(),
  group_id: z.string().optional(),
  database: z.string(),
  retention_days: z.number(),
});

const credentialsSchema = z.object({
  domain: z.object({ id: z.string() }),
  project: z.object({ id: z.string() }),
});

export interface RunningService {
  readonly http: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly groupId: string;
  readonly databaseUrl: string;
  readonly retentionDays: number;
}

/** Throws, saying what to do, when no service runs on this data directory. */
export function runningService({ DATA_DIR, KAFKA_GROUP_ID }: Config): RunningService {
  const runtime = runtimeSchema.parse(readJson(join(DATA_DIR, 'runtime.json'), 'is the service running (npm start)?'));
  return {
    http: runtime.http,
    brokers: runtime.kafka,
    topic: runtime.topic,
    groupId: runtime.group_id ?? KAFKA_GROUP_ID,
    databaseUrl: runtime.database,
    retentionDays: runtime.retention_days,
  };
}

/** Ids of the domain and project that the first start made. */
export function bootstrappedProject({ DATA_DIR }: Config): { domainId: string; projectId: string } {
  const file = join(DATA_DIR, 'credentials.json');
  const { domain, project } = credentialsSchema.parse(readJson(file, 'has the service been started once (npm start)?'));
  return { domainId: domain.id, projectId: project.id };
}

function readJson(file: string, hint: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${hint}`, { cause: error });
  }
}
