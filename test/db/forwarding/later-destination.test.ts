// A destination that is entered when the gateway has run for years: it is sent what the change log still says, from the
// beginning, and nothing in the place of what is past its retention.
import assert from 'node:assert/strict';
import { deletePredecessors } from '../../../src/db/old-versions.js';
import { firstVersions, recordId, writeChunk } from '../../helpers/changes.js';
import { openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';

const LATER = 'regional-platform';

describe('a destination that is entered later', () => {
  let bench: ForwardingBench;
  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  it('is sent what is kept, in order, and no version whose content is gone', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(3) });
    await writeChunk(bench.test.database, { changes: [{ recordId: recordId(1), version: 2 }] });
    await bench.forwarder().work();
    assert.equal(bench.messages.flatMap(({ body }) => body).length, 4);
    const [last] = await bench.query<{ id: number }>('select max(id) as id from chunks');
    const at = bench.now;
    const deleted = await bench.test.database.transaction((sql) =>
      deletePredecessors(sql, { id: last!.id, at }),
    );
    assert.equal(deleted, 1);
    bench.messages.length = 0;
    const later = bench.forwarder({ id: LATER, messageSize: 2 });
    await later.forward();
    await later.drain();
    const came = bench.messages.flatMap(({ body }) => body);
    assert.deepEqual(
      came
        .map(({ id, version, data }) => [Number(id.slice(-12)), version, Object.keys(data).length > 0])
        .sort(),
      [
        [1, 2, true],
        [2, 1, true],
        [3, 1, true],
      ],
    );
    const [state] = await bench.query('select planned_to from destinations where id = $1', [LATER]);
    assert.deepEqual(state, { planned_to: 4 });
  });
});
