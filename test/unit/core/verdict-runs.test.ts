import assert from 'node:assert/strict';
import fc from 'fast-check';
import { protect, unprotect } from '../../../src/core/formula-guard.js';
import { decodeVerdicts, encodeVerdicts, verdictLookup } from '../../../src/core/verdict-runs.js';
import { VERDICTS } from '../../../src/core/words.js';

describe('the verdicts of a chunk in run-length form', () => {
  it('take a run where rows follow one another with the same verdict', () => {
    const rows = [2, 3, 4, 6, 7].map((row) => ({
      row,
      verdict: row === 7 ? ('rejected' as const) : ('new' as const),
    }));
    assert.equal(encodeVerdicts(rows), '2-4n,6n,7r');
    assert.equal(encodeVerdicts([]), '');
    assert.deepEqual(
      [...decodeVerdicts('2-4n,7r')],
      [
        { from: 2, to: 4, verdict: 'new' },
        { from: 7, to: 7, verdict: 'rejected' },
      ],
    );
  });

  it('give every row its verdict again, and none to rows between, whatever the chunks', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(...VERDICTS)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, fc.nat(60), (all, cut) => {
        let row = 1;
        const rows = all.map(([step, verdict]) => ({ row: (row += step), verdict }));
        const find = verdictLookup([encodeVerdicts(rows.slice(0, cut)), encodeVerdicts(rows.slice(cut))]);
        const byRow = new Map(rows.map((entry) => [entry.row, entry.verdict]));
        for (let each = 0; each <= row + 1; each += 1) assert.equal(find(each), byRow.get(each));
      }),
    );
  });
});

describe('the look-up of verdicts', () => {
  it('holds a million runs in some megabytes', () => {
    const runs = 1_000_000;
    function* texts(): Generator<string> {
      for (let row = 2; row < runs + 2; row += 10_000)
        yield Array.from({ length: 10_000 }, (_, i) => `${row + i}${i % 2 === 0 ? 'n' : 'r'}`).join(',');
    }
    const before = process.memoryUsage().arrayBuffers;
    const find = verdictLookup(texts());
    assert.ok(process.memoryUsage().arrayBuffers - before < 40_000_000);
    assert.deepEqual([1, 2, 3, runs, runs + 1, runs + 2].map(find), [
      undefined,
      'new',
      'rejected',
      'new',
      'rejected',
      undefined,
    ]);
  });
});

describe('the guard against formulas', () => {
  it('disarms what a spreadsheet could take for one, and gives it back as it was', () => {
    for (const cell of ['=1+1', '+86', '-', '@x', '\tx', '\rx', "'=x", "''-"]) {
      assert.equal(protect(cell), `'${cell}`);
      assert.equal(unprotect(protect(cell)), cell);
    }
    for (const cell of ['', 'x', "'x", '1-2', "'"]) {
      assert.equal(protect(cell), cell);
      assert.equal(unprotect(cell), cell);
    }
  });

  it('gives any text back as it was', () => {
    const text = fc.string({ unit: fc.constantFrom("'", '=', '-', '\t', 'a') });
    fc.assert(fc.property(text, (cell) => assert.equal(unprotect(protect(cell)), cell)));
  });
});
