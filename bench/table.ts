/** Prints a comparison for a reader: one line per contender, numbers to the right. */
import type { ComparisonResult, ContenderResult } from './comparison-result.js';

export function printTable(result: ComparisonResult, print: (text: string) => void): void {
  const header = ['', `${result.unit}/s`, 'CPU µs each', `× ${result.yardstick}`, 'min … max'];
  const rows = [header, ...result.contenders.map(rowOf)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  print(`\n${result.name}: median of ${result.repetitions} interleaved rounds after ${result.warmup} of warm-up\n`);
  print(`${lines.join('\n')}\n`);
}

function rowOf({ name, unitsPerSecond, cpuMicrosPerUnit, ratio }: ContenderResult): string[] {
  return [
    name,
    readable(unitsPerSecond.median),
    readable(cpuMicrosPerUnit.median),
    ratio.median.toFixed(2),
    `${ratio.min.toFixed(2)} … ${ratio.max.toFixed(2)}`,
  ];
}

/** Three significant digits below 1000, whole numbers above: `0.0123`, `45.6`, `123,456`. */
function readable(value: number): string {
  return value < 1_000 ? String(Number(value.toPrecision(3))) : Math.round(value).toLocaleString('en-US');
}
