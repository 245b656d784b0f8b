// The moments of services: read in each of their forms, and written in the form in which they came.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readMoment } from '../../../../src/intake/http-pull/moment.js';

const MS = Date.parse('2026-06-01T00:30:15Z');
const iso = (text: string): string | undefined => {
  const moment = readMoment(text);
  return moment === undefined ? undefined : new Date(moment.ms).toISOString();
};

describe('a moment of a service', () => {
  it('without a zone is local time in Asia/Shanghai', () => {
    for (const text of [
      '2026-06-01 08:30:15',
      '2026-06-01T08:30:15',
      '2026/06/01 08:30:15',
      '2026/6/1 8:30:15',
      '20260601083015',
      ' 2026-06-01 08:30:15 ',
    ])
      assert.equal(iso(text), '2026-06-01T00:30:15.000Z', text);
    assert.equal(iso('2026-06-01'), '2026-05-31T16:00:00.000Z');
    assert.equal(iso('20260601'), '2026-05-31T16:00:00.000Z');
    assert.equal(iso('2026-06-01 08:30'), '2026-06-01T00:30:00.000Z');
  });

  it('is read with its zone and its fraction, or as seconds or milliseconds since 1970', () => {
    assert.equal(iso('2026-06-01T00:30:15Z'), '2026-06-01T00:30:15.000Z');
    assert.equal(iso('2026-06-01T08:30:15.1239+08:00'), '2026-06-01T00:30:15.123Z');
    assert.equal(iso('2026-05-31T20:30:15-0400'), '2026-06-01T00:30:15.000Z');
    assert.equal(iso('2026-06-01 08:30:15.5'), '2026-06-01T00:30:15.500Z');
    assert.equal(iso(String(MS)), '2026-06-01T00:30:15.000Z');
    assert.equal(iso(String(MS / 1000)), '2026-06-01T00:30:15.000Z');
  });

  it('is none where it is no day, no time of day, or only looks like one', () => {
    for (const text of [
      '',
      '1',
      '12345',
      'penalty 5',
      'null',
      '2026-02-30 08:00:00',
      '2026-13-01',
      '2026-06-01 24:00:00',
      '2026-06-01 08:60:00',
      '20260230',
      '2026-06/01',
      'Mon, 01 Jun 2026 00:00:00 GMT',
      '2026-06-01 08:30:15 x',
    ])
      assert.equal(readMoment(text), undefined, text);
  });

  it('writes another moment in its own form', () => {
    for (const [text, before] of [
      ['2026-06-01 00:00:30', '2026-05-31 23:59:30'],
      ['2026/06/01T00:00:30', '2026/05/31T23:59:30'],
      ['20260601000030', '20260531235930'],
      ['20260601000030123', '20260531235930123'],
      ['2026-06-01T00:00:30Z', '2026-05-31T23:59:30Z'],
      ['2026-06-01T00:00:30.120+08:00', '2026-05-31T23:59:30.120+08:00'],
      ['2026-06-01 00:00:30.123456', '2026-05-31 23:59:30.123000'],
      ['2026-06-01 00:00:30,5', '2026-05-31 23:59:30,5'],
      // What has no place for seconds, or hours, begins earlier rather than later.
      ['2026-06-01 00:00', '2026-05-31 23:59'],
      ['2026-06-01', '2026-05-31'],
      ['1780243230', '1780243170'],
      ['1780243230500', '1780243170500'],
    ] as const) {
      const moment = readMoment(text)!;
      assert.equal(moment.write(moment.ms - 60_000), before);
    }
  });

  it('reads what it writes, never as a later moment', () => {
    const forms = [
      '2026-06-01 08:30:15',
      '2026-06-01T08:30:15.123+08:00',
      '20260601',
      '1780243230',
      '2026/6/1 8:05',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...forms),
        fc.integer({ min: 1_000_000_000_000, max: 3_000_000_000_000 }),
        (form, ms) => {
          const written = readMoment(form)!.write(ms);
          const again = readMoment(written)!;
          assert.ok(again.ms <= ms && again.ms > ms - 86_400_000);
          assert.equal(again.write(again.ms), written);
        },
      ),
    );
  });
});
