/** The story as it is read: on a terminal while it goes on, or as one JSON line a step. */
import { printable, type Style } from '../terminal.js';
import type { Teller, ToldCall } from './teller.js';

const MARGIN = '    ';
const WHO = 8;
const METHOD = 5;
/** Where path and answer are this long at most they stand in one line, else the answer in one of its own. */
const PATH = 42;
const ANSWER = 50;

/** Numbered steps, one line why, the calls with what matters of their answers. */
export function plainTeller(write: (line: string) => void, style: Style): Teller {
  return {
    begin: (number, title, why) => {
      write(
        `${style.bold(`${String(number).padStart(2)}  ${printable(title)}`)}\n${MARGIN}${style.dim(printable(why))}`,
      );
    },
    call: (call) => {
      write(callLine(call, style));
    },
    note: (text) => {
      write(`${MARGIN}${style.yellow(printable(text))}`);
    },
    end: () => {
      write('');
    },
    fail: (number, title, reason) => {
      write(
        `${MARGIN}${style.red(`step ${String(number)} failed: ${printable(title)}`)}\n${MARGIN}${printable(reason)}\n`,
      );
    },
  };
}

function callLine({ who, method, path, status, told, times }: ToldCall, style: Style): string {
  const shown = printable(shortened(path));
  const head = `${MARGIN}${style.dim(who.padEnd(WHO))}  ${method.padEnd(METHOD)} ${shown}`;
  const answer = `${status === null ? '' : statusText(status, style)}${printable(told)}${times > 1 ? style.dim(` (asked ${String(times)} times)`) : ''}`;
  const indent = ' '.repeat(MARGIN.length + WHO + 2 + METHOD + 1);
  return shown.length > PATH || told.length > ANSWER
    ? `${head}\n${indent}${style.dim('→')} ${answer}`
    : `${head.padEnd(head.length + PATH - shown.length)} ${style.dim('→')} ${answer}`;
}

function statusText(status: number, style: Style): string {
  const text = String(status);
  return `${status < 400 ? text : style.yellow(text)} `;
}

/** Ids are told by their first digits: the eye needs no more. Queries that only bound a search are left out. */
function shortened(path: string): string {
  return path
    .replace(/[0-9a-f]{32}(?:\.[0-9a-f]{32})?/g, (id) => `${id.slice(0, 6)}…`)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => `${id.slice(0, 6)}…`)
    .replace(/([?&])(?:from|limit|total)=[^&]*(?=&|$)/g, '$1')
    .replace(/&{2,}/g, '&')
    .replace(/\?&+/, '?')
    .replace(/[?&]+$/, '');
}

/** Each step as one JSON object, when it has ended. */
export function jsonTeller(write: (line: string) => void): Teller {
  let current: { step: number; title: string; why: string; calls: ToldCall[] } | null = null;
  const tell = (outcome: Readonly<Record<string, unknown>>): void => {
    write(JSON.stringify({ ...current, ...outcome }));
  };
  return {
    begin: (step, title, why) => {
      current = { step, title, why, calls: [] };
    },
    call: (call) => {
      current?.calls.push(call);
    },
    note: () => undefined,
    end: (_, ms) => {
      tell({ ok: true, ms: Math.round(ms) });
    },
    fail: (_, __, reason) => {
      tell({ ok: false, error: reason });
    },
  };
}
