/**
 * A process of its own that starts a part of the stack from the TypeScript sources, and then does nothing until it is killed.
 * Usage: node parent.cjs postgres DATA_DIR [outlive] | broker. Prints one JSON line when the part is ready.
 */
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { transformSync } = require('@swc/core');
require('../../support/resolve-typescript.cjs');

Module._extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    swcrc: false,
    jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};

async function start([kind, dataDir, outlive]) {
  if (kind === 'broker') {
    const { pid, brokers } = await require('../../../src/embedded/broker.ts').startEmbeddedBroker();
    return { pid, brokers };
  }
  const { pid, url } = await require('../../../src/embedded/postgres.ts').startEmbeddedPostgres({
    dataDir,
    endWithParent: outlive !== 'outlive',
  });
  return { pid, url };
}

setInterval(() => undefined, 60_000);
start(process.argv.slice(2)).then(
  (started) => console.log(JSON.stringify(started)),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
