/** The jars of Apache Kafka, fetched once by Maven from its published artifact into a cache outside the checkout. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { textOf } from './processes.js';
import { EmbeddedStackError } from './stack-error.js';

const version = '4.4.0';
const scalaVersion = '2.13';
const minimumJava = 17;
const askTimeoutMs = 20_000;
const downloadTimeoutMs = 5 * 60_000;

const run = promisify(execFile);

const pom = `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>quaestor</groupId>
  <artifactId>kafka-distribution</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_${scalaVersion}</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;

function cacheDir(): string {
  return process.env.QUAESTOR_CACHE || join(homedir(), '.cache', 'quaestor');
}

/** Made by one rename: what is there is whole. */
function jarDir(): string {
  return join(cacheDir(), `kafka-${version}`);
}

/** Feature release of the `java` in PATH; 0 when there is none. */
async function javaRelease(): Promise<number> {
  try {
    const { stderr } = await run('java', ['-version'], { timeout: askTimeoutMs });
    return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function hasMaven(): Promise<boolean> {
  try {
    await run('mvn', ['--version'], { timeout: askTimeoutMs });
    return true;
  } catch {
    return false;
  }
}

/** What keeps Kafka from running here; undefined when nothing is known to. */
export async function missingForKafka(): Promise<string | undefined> {
  const release = await javaRelease();
  if (release < minimumJava) {
    return release === 0
      ? `no java in PATH (Kafka needs Java ${minimumJava})`
      : `Java ${release} is below ${minimumJava}`;
  }
  if (!existsSync(jarDir()) && !(await hasMaven())) return 'no mvn in PATH, which would fetch its jars';
  return undefined;
}

async function download(folder: string): Promise<void> {
  const pomFile = join(folder, 'pom.xml');
  writeFileSync(pomFile, pom);
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${join(folder, 'jars')}`, '-DincludeScope=runtime'];
  try {
    await run('mvn', ['-q', '-B', '-f', pomFile, ...goal], { timeout: downloadTimeoutMs });
  } catch (error) {
    const said = textOf(error, 'stdout')?.trim().split('\n')[0];
    throw new EmbeddedStackError(`Maven cannot fetch Apache Kafka ${version}: ${said || String(error)}`, {
      cause: error,
    });
  }
}

/**
 * Folder with the jars, filled first when it is absent; several processes may do so at once.
 * @throws EmbeddedStackError when Maven cannot get them.
 */
export async function kafkaJars(log: (line: string) => void): Promise<string> {
  const target = jarDir();
  if (existsSync(target)) return target;
  mkdirSync(cacheDir(), { recursive: true });
  const work = mkdtempSync(join(cacheDir(), `kafka-${version}.new-`));
  try {
    log(`Fetching Apache Kafka ${version} into ${target}`);
    await download(work);
    try {
      renameSync(join(work, 'jars'), target);
    } catch (error) {
      // Another process was faster: its jars are the same.
      if (!existsSync(target)) throw error;
    }
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
