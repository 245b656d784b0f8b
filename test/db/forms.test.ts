// The same rows in every form of file come to the same records, byte for byte.
import assert from 'node:assert/strict';
import { openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { inAllForms, rowsWithRepeats, type Form } from '../helpers/penalty-forms.js';

const ROWS = 313;
const REPEATS = 13;

describe('313 rows in every form of file', () => {
  let forms: readonly Form[];
  let bench: IntakeBench;
  before(async () => {
    forms = await inAllForms(rowsWithRepeats(ROWS, REPEATS));
    bench = await openIntakeBench();
  });
  after(() => bench.close());

  it('are stored by the first upload, and unchanged in each other one', async () => {
    const [first, ...others] = forms;
    const stored = await bench.ingest(first!.bytes);
    assert.deepEqual(
      { status: stored.status, new: stored.counts.new, duplicate: stored.counts.duplicate },
      { status: 'accepted', new: ROWS - REPEATS, duplicate: REPEATS },
    );
    for (const { name, bytes } of others) {
      const { status, counts } = await bench.ingest(bytes);
      assert.deepEqual(
        { name, status, received: counts.received, unchanged: counts.unchanged },
        { name, status: 'accepted', received: ROWS, unchanged: ROWS },
      );
    }
  });

  it('give byte-identical canonical records, whichever form comes first', async () => {
    const wanted = await records(bench);
    assert.equal(wanted.length, ROWS - REPEATS);
    for (const { name, bytes } of forms.slice(1)) {
      await bench.test.database.query(
        'truncate record_versions, chunks, batches, row_problems, rejected_rows cascade',
      );
      const { counts } = await bench.ingest(bytes);
      assert.deepEqual([name, counts.new, counts.duplicate], [name, ROWS - REPEATS, REPEATS]);
      assert.deepEqual(await records(bench), wanted, name);
    }
  });
});

async function records({ test }: IntakeBench): Promise<unknown[]> {
  const { rows } = await test.database.query(
    'select record_id, version, content_hash, subject, document_number, data, sealed from record_versions order by record_id',
  );
  return rows;
}
