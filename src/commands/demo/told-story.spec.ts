import { styleFor } from '../terminal.js';
import type { Teller } from './teller.js';
import { jsonTeller, plainTeller } from './told-story.js';

const ID = '0123456789abcdef0123456789abcdef';
const CALL = {
  who: 'chen',
  method: 'GET',
  path: `/v3/${ID}/traces?limit=200&user=chen&from=1`,
  status: 200,
  told: '7 found',
  times: 3,
};

function told(make: (write: (line: string) => void) => Teller, tell: (teller: Teller) => void): string {
  const lines: string[] = [];
  tell(make((line) => void lines.push(line)));
  return lines.join('\n');
}
const plain = (tell: (teller: Teller) => void) => told((write) => plainTeller(write, styleFor(false)), tell);

describe('the story on a terminal', () => {
  it('has numbered steps, one line why, and calls with what matters of their answers', () => {
    const text = plain((teller) => {
      teller.begin(3, 'He looks', 'Because.');
      teller.call(CALL);
      teller.end(3, 12);
    });
    expect(text).toBe(
      [
        ' 3  He looks',
        '    Because.',
        '    chen      GET   /v3/012345…/traces?user=chen               → 200 7 found (asked 3 times)',
        '',
      ].join('\n'),
    );
  });

  it('gives a long answer a line of its own, and records no status', () => {
    const text = plain((teller) => {
      teller.call({ ...CALL, method: 'KAFKA', path: 'cts.traces', status: null, told: 'x'.repeat(60), times: 1 });
    });
    expect(text.split('\n')).toEqual(['    chen      KAFKA cts.traces', `                    → ${'x'.repeat(60)}`]);
  });

  it('says which step failed and why, and lets nothing write to the terminal', () => {
    const text = plain((teller) => teller.fail(4, 'It rains', 'wet \u001b[2J'));
    expect(text).toContain('step 4 failed: It rains');
    expect(text).toContain('wet \ufffd[2J');
    expect(text).not.toContain('\u001b');
  });
});

describe('the story for machines', () => {
  it('is one object a step, when it has ended', () => {
    const lines = told(jsonTeller, (teller) => {
      teller.begin(1, 'One', 'a');
      teller.call(CALL);
      teller.end(1, 4.4);
      teller.begin(2, 'Two', 'b');
      teller.fail(2, 'Two', 'no');
    }).split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { step: 1, title: 'One', why: 'a', calls: [CALL], ok: true, ms: 4 },
      { step: 2, title: 'Two', why: 'b', calls: [], ok: false, error: 'no' },
    ]);
  });
});
