/** Does what the Dockerfile says, without Docker: its COPY and RUN lines, stage by stage, in folders of their own. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Instruction {
  readonly name: string;
  readonly words: string;
}

export interface Image {
  /** Where `/` of the last stage lies. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | null;
  /** `ENTRYPOINT` and `CMD` together. */
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

const RUN_LIMIT_MS = 15 * 60_000;

/** One a line; `\` joins lines, comments and directives are left out. */
export function instructionsOf(dockerfile: string): Instruction[] {
  return dockerfile
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', words = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { name: name.toUpperCase(), words };
    });
}

/**
 * The last stage. `RUN` lines run by `sh` in the folder that stands for `WORKDIR`; one that works on `/` of the image itself
 * (`install -d … /data`) only gets its folder made, since users and `/` are those of this machine.
 */
export function buildImage(project: string, work: string): Image {
  const stages = new Map<string, string>();
  let image: { root: string; workdir: string; env: Record<string, string>; user: string | null } | undefined;
  let entrypoint: string[] = [];
  let command: string[] = [];
  let healthcheck: string[] = [];
  const list = (text: string): string[] => JSON.parse(text.slice(text.indexOf('['))) as string[];
  for (const { name, words } of instructionsOf(readFileSync(join(project, 'Dockerfile'), 'utf8'))) {
    if (name === 'FROM') {
      const stage = / AS (\w+)$/.exec(words)?.[1] ?? String(stages.size);
      const root = join(work, stage);
      mkdirSync(root, { recursive: true });
      stages.set(stage, root);
      image = { root, workdir: '/', env: {}, user: null };
      continue;
    }
    if (image === undefined) throw new Error(`${name} stands before FROM`);
    const folder = join(image.root, image.workdir);
    if (name === 'WORKDIR') {
      image.workdir = words;
      mkdirSync(join(image.root, words), { recursive: true });
    } else if (name === 'ENV') {
      const [key = '', value = ''] = words.split('=');
      image.env[key] = value;
    } else if (name === 'COPY') copy(words, { project, folder, stages });
    else if (name === 'RUN') run(words, image.root, folder);
    else if (name === 'USER') image.user = words;
    else if (name === 'ENTRYPOINT') entrypoint = list(words);
    else if (name === 'CMD') command = list(words);
    else if (name === 'HEALTHCHECK') healthcheck = list(words);
    else if (name !== 'EXPOSE' && name !== 'VOLUME') throw new Error(`what is ${name}?`);
  }
  if (image === undefined) throw new Error('no stage');
  return { ...image, command: [...entrypoint, ...command], healthcheck };
}

function copy(
  words: string,
  { project, folder, stages }: { project: string; folder: string; stages: ReadonlyMap<string, string> },
): void {
  const [, from] = /^--from=(\w+) /.exec(words) ?? [];
  const paths = words.replace(/^--from=\w+ /, '').split(/\s+/);
  const target = paths.pop() ?? '';
  const source = from === undefined ? project : stages.get(from);
  if (source === undefined) throw new Error(`no stage ${String(from)}`);
  for (const path of paths) {
    const full = join(source, path);
    if (!existsSync(full)) throw new Error(`COPY of ${path}: not there`);
    const into = paths.length > 1 || target.endsWith('/') ? join(folder, target, path) : join(folder, target);
    mkdirSync(dirname(into), { recursive: true });
    const isSent = (name: string): boolean => from !== undefined || !ignored(name.slice(project.length + 1));
    cpSync(full, into, { recursive: true, verbatimSymlinks: true, filter: isSent });
  }
}

/** As .dockerignore says; only the forms that stand there. */
function ignored(path: string): boolean {
  return path.endsWith('.spec.ts') || path === 'bench/results' || path.startsWith('bench/results/');
}

function run(words: string, root: string, folder: string): void {
  const [, made] = /^install -d .* (\/\S+)$/.exec(words) ?? [];
  if (made !== undefined) {
    mkdirSync(join(root, made), { recursive: true, mode: 0o700 });
    return;
  }
  const { PATH, HOME } = process.env;
  const log = execFileSync('sh', ['-ec', words], { cwd: folder, env: { PATH, HOME }, timeout: RUN_LIMIT_MS });
  writeFileSync(join(root, 'build.log'), log, { flag: 'a' });
}
