/** One command where there is no npm, as in the image: `node dist/src/command.main.js NAME …arguments`. */
import { run } from './cli.js';

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) {
    process.stderr.write('usage: node dist/src/command.main.js NAME [ARGUMENT …]\n');
    return 2;
  }
  return run(name, args);
}

void main(process.argv.slice(2)).then((code) => {
  // What a command left open (idle connections) shall not keep the process, what it wrote shall arrive.
  process.stdout.write('', () => process.exit(code));
});
