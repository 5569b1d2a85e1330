/** Keeps what a benchmark found, with the machine it was found on, in `bench/results/NAME.json`. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { ComparisonResult, ContenderResult, Spread } from './comparison-result.js';
import type { Figure } from './figure.js';
import { significant } from './statistics.js';

export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly platform: string;
  readonly node: string;
  readonly postgres: string;
  /** RFC 3339, UTC. */
  readonly measuredAt: string;
}

export interface Report {
  readonly name: string;
  readonly machine: MachineFacts;
  readonly comparisons: readonly ComparisonResult[];
  /** What is no comparison of throughput: each by its name, with its unit in the name of the value. */
  readonly measurements?: readonly Measurement[];
  /** What the table of all benchmarks shows; absent: the ratios of the comparisons. */
  readonly figures?: readonly Figure[];
}

export interface Measurement {
  readonly name: string;
  readonly values: Readonly<Record<string, number>>;
}

/** `postgres`: what `SHOW server_version` answers. Nothing in it names the host or its user. */
export function machineFacts(postgres: string, now: Date = new Date()): MachineFacts {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGib: significant(totalmem() / 2 ** 30, 3),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    postgres,
    measuredAt: now.toISOString(),
  };
}

/** Writes the report whole or not at all, its keys always in the same order; returns the path. */
export async function writeReport(report: Report, folder = join('bench', 'results')): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${report.name}.json`);
  await writeFile(`${file}.new`, renderReport(report));
  await rename(`${file}.new`, file);
  return file;
}

/** Numbers to four significant digits; a line feed at the end. */
export function renderReport({ name, machine, comparisons, measurements, figures }: Report): string {
  const { cpu, cores, memoryGib, platform, node, postgres, measuredAt } = machine;
  const ordered = {
    name,
    machine: { cpu, cores, memoryGib, platform, node, postgres, measuredAt },
    comparisons: comparisons.map(orderedComparison),
    ...(measurements && { measurements: measurements.map(orderedMeasurement) }),
    ...(figures && { figures: figures.map(orderedFigure) }),
  };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

function orderedFigure({ name, value, unit, goal }: Figure) {
  return { name, value: significant(value), unit, ...(goal && { goal }) };
}

function orderedMeasurement({ name, values }: Measurement) {
  return { name, ...Object.fromEntries(Object.entries(values).map(([unit, value]) => [unit, significant(value)])) };
}

function orderedComparison({ name, unit, yardstick, repetitions, warmup, contenders }: ComparisonResult) {
  return { name, unit, yardstick, repetitions, warmup, contenders: contenders.map(orderedContender) };
}

function orderedContender({ name, unitsPerSecond, cpuMicrosPerUnit, ratio, rounds }: ContenderResult) {
  return {
    name,
    unitsPerSecond: orderedSpread(unitsPerSecond),
    cpuMicrosPerUnit: orderedSpread(cpuMicrosPerUnit),
    ratio: orderedSpread(ratio),
    rounds: rounds.map(({ units, wallMs, cpuMs }) => ({
      units,
      wallMs: significant(wallMs),
      cpuMs: significant(cpuMs),
    })),
  };
}

function orderedSpread({ median, min, max }: Spread) {
  return { median: significant(median), min: significant(min), max: significant(max) };
}
