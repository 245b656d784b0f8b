import assert from 'node:assert/strict';
import { compileWording } from '../../../src/forwarding/wording.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import { DESTINATION } from '../../helpers/forwarding.js';

describe('what decides how a message is worded', () => {
  const definitions = loadDefinitions();
  const AGENCIES = [{ id: 'market-regulation', creditCode: '11120116MB1A0001X6' }];
  const wording = compileWording(definitions, AGENCIES)(DESTINATION);

  it('is the same for the same configuration, loaded anew', () => {
    assert.match(wording, /^[0-9a-f]{16}$/);
    assert.equal(compileWording(loadDefinitions(), AGENCIES)({ ...DESTINATION }), wording);
  });

  it('is not how fast or how often is sent', () => {
    const tuned = { ...DESTINATION, messageSize: 7, messagesInFlight: 1, timeoutMs: 1, gzip: true };
    assert.equal(compileWording(definitions, AGENCIES)(tuned), wording);
  });

  it('is a column, a field, an agency, and what the destination may see', () => {
    const [key, mapping] = [...definitions.mappings][0]!;
    const [name, schema] = [...definitions.types][0]!;
    const columns = Object.entries(mapping.columns).map(([field, rule]) => [
      field,
      { ...rule, official: 'X' },
    ]);
    const changed = { ...mapping, columns: Object.fromEntries(columns) as typeof mapping.columns };
    const mappings = new Map([...definitions.mappings, [key, changed]]);
    const types = new Map([...definitions.types, [name, { ...schema, properties: {} }]]);
    const all = [
      wording,
      compileWording({ ...definitions, mappings }, AGENCIES)(DESTINATION),
      compileWording({ ...definitions, types }, AGENCIES)(DESTINATION),
      compileWording(definitions, [])(DESTINATION),
      compileWording(definitions, AGENCIES)({ ...DESTINATION, openness: 'public' }),
      compileWording(
        definitions,
        AGENCIES,
      )({
        ...DESTINATION,
        showsPersonalNumbers: { types: ['administrative-penalty'], legalBasis: 'test' },
      }),
    ];
    assert.equal(new Set(all).size, all.length);
  });
});
