/**
 * Preloaded (`node --import`) into a service whose SQL shall be kept: writes every distinct statement that this process sends, as a
 * sorted JSON list, into the file named in RECORDED_SQL when the process ends. Values are parameters everywhere, so what is
 * recorded holds none. Left out: statements about the session, and about single days or temporary tables, which have names of their own.
 */
import { writeFileSync } from 'node:fs';
import pg from 'pg';

const wanted = /^(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|COPY)\b/i;
const passing =
  /_\d{4}_?\d{2}_?\d{2}|_p?\d{8}\b|\bpg_temp\b|\btypeorm\b|\bpg_(catalog|class|namespace|locks|stat)|information_schema/i;
const seen = new Set();

const note = (given) => {
  const text = typeof given === 'string' ? given : (given?.text ?? given?.cursor?.text);
  if (typeof text !== 'string') return;
  const one = text.replace(/\s+/g, ' ').trim();
  if (wanted.test(one) && !passing.test(one)) seen.add(one);
};

const { query } = pg.Client.prototype;
pg.Client.prototype.query = function recorded(given, ...rest) {
  note(given);
  return query.call(this, given, ...rest);
};

process.on('exit', () => {
  if (seen.size > 0) writeFileSync(process.env.RECORDED_SQL, `${JSON.stringify([...seen].sort(), null, 2)}\n`);
});
