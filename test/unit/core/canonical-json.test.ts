import assert from 'node:assert/strict';
import { canonicalDigest, canonicalJson } from '../../../src/core/canonical-json.js';

describe('canonical JSON', () => {
  it('sorts keys by UTF-16 code units and writes numbers and strings as RFC 8785 does', () => {
    // The example of RFC 8785, 3.2.2.
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    assert.equal(
      canonicalJson(value),
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    assert.equal(canonicalJson({ '\u{1f600}': 1, '\ufb33': 2, a: 3 }), '{"a":3,"\u{1f600}":1,"\ufb33":2}');
  });

  it('refuses what has no JSON', () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, '\ud800'])
      assert.throws(() => canonicalJson(value));
  });

  it('gives the same digest whatever the order of the keys', () => {
    assert.equal(canonicalDigest({ b: '2', a: '1' }), canonicalDigest({ a: '1', b: '2' }));
    assert.equal(canonicalDigest({}), '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});
