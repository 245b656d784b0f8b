import assert from 'node:assert/strict';
import { checkChain, type ChainReport } from '../../../src/core/audit-chain.js';
import {
  BEFORE_FIRST,
  actorOf,
  auditForm,
  auditHash,
  type AuditAct,
  type AuditCheckpoint,
  type AuditEntry,
} from '../../../src/core/audit-entry.js';
import { canonicalJson } from '../../../src/core/canonical-json.js';

const ACT: AuditAct = {
  at: new Date('2026-06-30T04:00:00.120Z'),
  actor: 'operator:k1',
  action: 'batch.dropped',
  object: 'b"1',
  details: { reason: '已与部门核实', rows: 3, counts: { new: 1 } },
};

/** Chains as many entries, each as the database would. */
function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let number = 1; number <= length; number += 1) {
    const { hash: previousHash } = entries.at(-1) ?? BEFORE_FIRST;
    const { details } = auditForm({ ...ACT, details: { number } });
    const entry = { ...ACT, number, at: ACT.at.toISOString(), details, previousHash };
    entries.push({ ...entry, hash: auditHash(entry) });
  }
  return entries;
}

async function check(entries: readonly AuditEntry[], checkpoint?: AuditCheckpoint): Promise<ChainReport> {
  return checkChain(
    (async function* () {
      yield* await Promise.resolve(entries);
    })(),
    checkpoint,
  );
}

const brokenAt = async (entries: readonly AuditEntry[], checkpoint?: AuditCheckpoint): Promise<unknown> => {
  const { entries: held, firstBroken } = await check(entries, checkpoint);
  return [held, firstBroken?.number, firstBroken?.kind];
};

describe('the chain of the audit log', () => {
  it('holds where every entry follows the one before it, also when there is none', async () => {
    assert.deepEqual(await check([]), { entries: 0, last: BEFORE_FIRST, firstBroken: null });
    const entries = chain(5);
    const last = { number: 5, hash: entries[4]!.hash };
    assert.deepEqual(await check(entries), { entries: 5, last, firstBroken: null });
    assert.deepEqual(await check(entries, { number: 3, hash: entries[2]!.hash }), {
      entries: 5,
      last,
      firstBroken: null,
    });
  });

  it('tells the first entry of which anything was changed', async () => {
    for (const change of [
      { at: '2026-06-30T04:00:00.121Z' },
      { at: '2026-06-30T04:00:00.120001Z' },
      { actor: 'gateway' },
      { action: 'batch.released' },
      { object: 'b2' },
      { details: '{"number":4}' },
      { details: '{"number": 3}' },
      { details: 'no JSON' },
      { hash: '0'.repeat(64) },
    ]) {
      const entries = chain(5);
      entries[2] = { ...entries[2]!, ...change };
      assert.deepEqual(await brokenAt(entries), [2, 3, 'changed'], JSON.stringify(change));
    }
  });

  it('tells an entry that is missing, at the beginning and in the middle', async () => {
    assert.deepEqual(await brokenAt(chain(5).slice(1)), [0, 1, 'missing']);
    assert.deepEqual(await brokenAt(chain(5).toSpliced(2, 1)), [2, 3, 'missing']);
  });

  it('tells entries that changed places, and one whose hash was made to fit', async () => {
    const entries = chain(5);
    const [second, third] = [entries[1]!, entries[2]!];
    const moved = entries.with(1, { ...third, number: 2 }).with(2, { ...second, number: 3 });
    assert.deepEqual(await brokenAt(moved), [1, 2, 'reordered']);
    const forged = { ...third, actor: 'gateway' };
    const refitted = entries.with(2, { ...forged, hash: auditHash(forged) });
    assert.deepEqual(await brokenAt(refitted), [3, 4, 'reordered']);
  });

  it('tells by a checkpoint that its end was cut off, or that all of it was rewritten', async () => {
    const entries = chain(5);
    const last = { number: 5, hash: entries[4]!.hash };
    assert.deepEqual(await brokenAt(entries.slice(0, 3), last), [3, 4, 'cut-off']);
    assert.deepEqual(await brokenAt(entries, { number: 4, hash: 'f'.repeat(64) }), [
      3,
      4,
      'not-at-checkpoint',
    ]);
  });

  it('hashes the RFC 8785 form of the entry with the hash before it', () => {
    const { head, objectJson, details } = auditForm(ACT);
    const form = `${head},"number":7,"object":${objectJson},"previousHash":"${'a'.repeat(64)}"}`;
    const at = ACT.at.toISOString();
    const entry = { ...ACT, at, number: 7, previousHash: 'a'.repeat(64) };
    assert.equal(form, canonicalJson({ ...entry, details: ACT.details }));
    assert.equal(auditHash({ ...entry, details }).length, 64);
  });

  it('names an actor by role and key id', () => {
    assert.equal(actorOf({ role: 'agency', keyId: '4f' }), 'agency:4f');
  });
});
