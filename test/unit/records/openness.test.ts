import assert from 'node:assert/strict';
import { isOpenTo, narrowest } from '../../../src/core/openness.js';
import { compileOpenness } from '../../../src/records/openness.js';

describe('the openness of a record', () => {
  const stated = compileOpenness({
    field: 'scope',
    values: new Map([
      ['all', 'public'],
      ['authorities', 'shared'],
      ['asked', 'authorised'],
    ]),
  });

  it('is what the catalogue says where neither class nor record say anything narrower', () => {
    assert.equal(compileOpenness(undefined)({ scope: 'asked' }, true), null);
    assert.equal(stated({}, true), null);
    assert.equal(stated({ scope: 'all' }, true), null);
  });

  it('is shared between authorities where its class is not published', () => {
    assert.equal(compileOpenness(undefined)({}, false), 1);
    assert.equal(stated({ scope: 'all' }, false), 1);
  });

  it('is the narrowest of class and record', () => {
    assert.equal(stated({ scope: 'authorities' }, true), 1);
    assert.equal(stated({ scope: 'asked' }, true), 2);
    assert.equal(stated({ scope: 'asked' }, false), 2);
    assert.equal(narrowest(['shared', undefined, 'public']), 'shared');
    assert.equal(narrowest([]), 'public');
  });

  it('opens it to readers of its own level and narrower ones', () => {
    assert.deepEqual(
      (['public', 'shared', 'authorised'] as const).map((openness) => isOpenTo('shared', openness)),
      [true, true, false],
    );
  });
});
