// The edge between two pulls: what is asked for again, what is passed over, and what no row can do to it.
import assert from 'node:assert/strict';
import { createEdge, type Edge, type HttpPlace } from '../../../../src/intake/http-pull/edge.js';
import { startProcessorWatch } from '../../../helpers/processor-time.js';

const START: HttpPlace = { newest: null, seen: [] };
const NOW = new Date('2026-06-30T04:00:00Z');

describe('the edge of an HTTP pull', () => {
  const edgeAt = (place: HttpPlace, overlapSeconds = 60, mostSeen = 100): Edge =>
    createEdge(place, {
      overlapMs: overlapSeconds * 1000,
      now: NOW,
      mostSeen,
      index: (text) => `#${text}`,
    });
  const take = (edge: Edge, text: string, changedAt?: string): boolean => edge.take({ text, changedAt });

  it('is nowhere at first, and asks for everything', () => {
    const edge = edgeAt(START);
    assert.equal(edge.since, undefined);
    assert.deepEqual(edge.place(), START);
  });

  it('lies at the newest row, whatever the order of rows, and remembers those within the overlap', () => {
    const edge = edgeAt(START);
    for (const [text, at] of [
      ['old', '2026-06-01 08:58:59'],
      ['at the edge', '2026-06-01 08:59:00'],
      ['newest', '2026-06-01 09:00:00'],
      ['late', '2026-06-01 08:59:30'],
    ] as const)
      assert.equal(take(edge, text, at), true);
    assert.deepEqual(edge.place(), {
      newest: '2026-06-01 09:00:00',
      seen: ['#at the edge', '#newest', '#late'],
    });
  });

  it('passes over what was seen with the same content, and nothing else', () => {
    const edge = edgeAt({ newest: '2026-06-01 09:00:00', seen: ['#a', '#b'] });
    assert.equal(edge.since, '2026-06-01 08:59:00');
    assert.equal(take(edge, 'a', '2026-06-01 09:00:00'), false);
    assert.equal(take(edge, 'same moment', '2026-06-01 09:00:00'), true);
    assert.equal(take(edge, 'b changed', '2026-06-01 08:59:10'), true);
    assert.deepEqual(edge.place().seen, ['#a', '#same moment', '#b changed']);
  });

  it('remembers a row only as long as it is given: what goes back to an earlier content is new', () => {
    const first = edgeAt(START);
    take(first, 'A', '2026-06-01 09:00:00');
    const second = edgeAt(first.place());
    assert.equal(take(second, 'B', '2026-06-01 09:00:00'), true);
    const third = edgeAt(second.place());
    assert.equal(take(third, 'A', '2026-06-01 09:00:00'), true);
  });

  it('remembers what the service gives again because its form has no seconds', () => {
    const edge = edgeAt(START, 90);
    take(edge, 'a', '2026-06-01 09:03');
    take(edge, 'b', '2026-06-01 09:05');
    const next = edgeAt(edge.place(), 90);
    assert.equal(next.since, '2026-06-01 09:03');
    assert.equal(take(next, 'a', '2026-06-01 09:03'), false);
  });

  it('is not moved by a row without a moment, or with one that lies ahead; both are given once', () => {
    const edge = edgeAt(START);
    take(edge, 'good', '2026-06-01 09:00:00');
    assert.equal(take(edge, 'none'), true);
    assert.equal(take(edge, 'odd', 'soon'), true);
    assert.equal(take(edge, 'ahead', '9999-12-31 00:00:00'), true);
    assert.equal(edge.place().newest, '2026-06-01 09:00:00');
    const next = edgeAt(edge.place());
    assert.deepEqual(
      [take(next, 'none'), take(next, 'odd', 'soon'), take(next, 'ahead', '9999-12-31 00:00:00')],
      [false, false, false],
    );
    // Clocks differ: up to a day is believed.
    take(next, 'tomorrow', '2026-07-01 11:00:00');
    assert.equal(next.place().newest, '2026-07-01 11:00:00');
  });

  it('tells whether the newest row of the last pull, or a newer one, was given', () => {
    const place = { newest: '2026-06-01 09:00:00', seen: [] };
    const edge = edgeAt(place);
    take(edge, 'late', '2026-06-01 08:59:30');
    take(edge, 'ahead', '9999-12-31 00:00:00');
    assert.deepEqual([edge.isReached(), edge.isMet()], [false, false]);
    take(edge, 'newer', '2026-06-01 09:00:01');
    assert.deepEqual([edge.isReached(), edge.isMet()], [true, false]);
    take(edge, 'same', '2026-06-01 09:00:00');
    assert.deepEqual([edge.isReached(), edge.isMet()], [true, true]);
  });

  it('remembers no more than it may, the last ones, however many rows share a moment', () => {
    const edge = edgeAt(START, 60, 1000);
    const rows = 300_000;
    const processorMs = startProcessorWatch();
    for (let n = 0; n < rows; n += 1) take(edge, String(n), '2026-06-01 09:00:00');
    assert.ok(processorMs() < 5000, 'in linear time');
    const { seen } = edge.place();
    assert.equal(seen.length, 1000);
    assert.deepEqual([seen[0], seen.at(-1)], ['#299000', '#299999']);
    const next = edgeAt({ newest: '2026-06-01 09:00:00', seen }, 60, 1000);
    assert.equal(take(next, '5', '2026-06-01 09:00:00'), true, 'what is forgotten comes once more');
  });

  it('begins anew at a place that it cannot read', () => {
    assert.equal(edgeAt({ newest: 'soon', seen: [] }).since, undefined);
  });
});
