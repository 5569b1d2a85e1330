/**
 * A process of its own that reserves and commits from the TypeScript sources, for being killed at any moment.
 * Usage: node worker.cjs DATABASE_URL. Takes JSON lines {id, op: "reserve", ask} | {id, op: "commit" | "release", domainId,
 * reservationId} on stdin, and answers {id, outcome} | {id, error} in any order.
 */
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { createInterface } = require('node:readline');
const { transformSync } = require('@swc/core');
require('reflect-metadata');
require('../../support/resolve-typescript.cjs');

Module._extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    swcrc: false,
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
    },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function main([url]) {
  const { openQuotas } = require('./open-quotas.ts');
  const quotas = await openQuotas(url);
  const work = ({ op, ask, domainId, reservationId }) => {
    if (op === 'commit') return quotas.end.commit(domainId, reservationId);
    if (op === 'release') return quotas.end.release(domainId, reservationId);
    const { key, sha256 } = ask.idempotency;
    return quotas.queue.add({ ...ask, idempotency: { key, sha256: Buffer.from(sha256, 'hex') } });
  };
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, ...rest } = JSON.parse(line);
    work(rest).then(
      (outcome) => tell({ id, outcome }),
      (error) => tell({ id, error: String(error) }),
    );
  });
  tell({ ready: true });
}

void main(process.argv.slice(2));
