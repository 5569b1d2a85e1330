/** Writes `DATA_DIR/credentials.json`, by which the first administrator learns how to log in. */
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';

const named = z.object({ id: z.string(), name: z.string() });

/** contracts.md, Files. `password` and `secret` stand there only where this service made them up. */
export const credentialsSchema = z.object({
  domain: named,
  project: named,
  region: z.string(),
  user: named.extend({ password: z.string().optional() }),
  access_key: z.object({ access: z.string(), secret: z.string().optional() }),
});
export type Credentials = z.infer<typeof credentialsSchema>;

const OWNER_ONLY = 0o600;

/** Leaves a file that tells of the same ids alone: it may hold secrets that nobody else knows. */
export async function keepCredentialsFile(path: string, credentials: Credentials): Promise<void> {
  const existing = await readCredentialsFile(path);
  if (existing && ids(existing) === ids(credentials)) {
    await chmod(path, OWNER_ONLY);
    return;
  }
  await writeWhole(path, `${JSON.stringify(credentials, null, 2)}\n`);
}

/** Null where there is no file, or none that can be understood. */
export async function readCredentialsFile(path: string): Promise<Credentials | null> {
  try {
    const parsed = credentialsSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}

function isUnreadable(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

function ids(credentials: Credentials): string {
  const { domain, project, user, access_key: accessKey } = credentials;
  return JSON.stringify([domain.id, project.id, user.id, accessKey.access]);
}

/** A reader sees the former file or the whole new one, also after a crash. */
async function writeWhole(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', OWNER_ONLY);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
