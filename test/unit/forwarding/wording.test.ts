import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { canonicalJson } from '../../../src/core/canonical-json.js';
import { composeMessage } from '../../../src/forwarding/compose.js';
import { compileWording } from '../../../src/forwarding/wording.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import { compileOfficial } from '../../../src/records/official-columns.js';
import { recordId } from '../../helpers/changes.js';
import { CREDIT_CODE, DESTINATION } from '../../helpers/forwarding.js';

const MESSAGE = {
  positions: [1, 2],
  resend: false,
  byOrder: false,
  day: '2026-07-01',
  wording: '',
  attempt: 1,
  claim: recordId(8),
};

describe('what decides how a message is worded', () => {
  const definitions = loadDefinitions();
  const AGENCIES = [{ id: 'market-regulation', creditCode: '11120116MB1A0001X6' }];
  const wording = compileWording(definitions, AGENCIES)(DESTINATION);

  it('is the same for the same configuration, loaded anew', () => {
    assert.match(wording, /^[0-9a-f]{16}$/);
    assert.equal(compileWording(loadDefinitions(), AGENCIES)({ ...DESTINATION }), wording);
  });

  it('is not how fast or how often is sent, nor what others call things', () => {
    const [name, schema] = [...definitions.types][0]!;
    const types = new Map([...definitions.types, [name, { ...schema, title: 'another', titleZh: '另' }]]);
    const tuned = { ...DESTINATION, messageSize: 7, messagesInFlight: 1, timeoutMs: 1, gzip: true };
    assert.equal(compileWording({ ...definitions, types }, AGENCIES)(tuned), wording);
  });

  it('is a column, a field, an agency, and what the destination may see', () => {
    const [type, key] = ['administrative-penalty', 'administrative-penalty-2020'];
    const mapping = definitions.mappings.get(key)!;
    const schema = definitions.types.get(type)!;
    const columns = Object.entries(mapping.columns).map(([field, rule]) => [
      field,
      { ...rule, official: 'X' },
    ]);
    const changed = { ...mapping, columns: Object.fromEntries(columns) as typeof mapping.columns };
    const mappings = new Map([...definitions.mappings, [key, changed]]);
    const types = new Map([...definitions.types, [type, { ...schema, properties: {} }]]);
    const shows = { types: [type], legalBasis: 'test' };
    const all = [
      wording,
      compileWording({ ...definitions, mappings }, AGENCIES)(DESTINATION),
      compileWording({ ...definitions, types }, AGENCIES)(DESTINATION),
      compileWording(definitions, [])(DESTINATION),
      compileWording(definitions, AGENCIES)({ ...DESTINATION, openness: 'public' }),
      compileWording(definitions, AGENCIES)({ ...DESTINATION, showsPersonalNumbers: shows }),
    ];
    assert.equal(new Set(all).size, all.length);
  });

  it('is raised by hand where the same content is written otherwise', () => {
    const record = {
      counterpartName: '甲"乙\\丙',
      decisionDate: '2026-07-01',
      decisionDocumentNumber: '津滨罚〔2026〕1号',
      fineAmount: '20000.5',
      penaltyKinds: ['警告', '罚款'],
    };
    const change = {
      agency: 'market-regulation',
      recordType: 'administrative-penalty',
      batchId: null,
      row: 1,
    };
    const said = { data: canonicalJson(record), sealed: null, version: 1 };
    const changes = (['u', 'd'] as const).map((operation, n) => {
      return { ...change, ...said, position: n + 1, recordId: recordId(n), operation };
    });
    const message = { id: recordId(9), destination: 'city', tableCode: 'XZCF', tableVersion: '2020' };
    const { body } = composeMessage({ ...message, ...change, ...MESSAGE }, changes, {
      officialTable: compileOfficial(definitions),
      open: (sealed) => sealed,
      creditCodeOf: () => CREDIT_CODE,
      showsPersonalNumbers: false,
    });
    const WRITTEN = '9628f907edabafbc8de37ade15992ac534e8ad06bfd67d42ffaf575639c86e77';
    assert.equal(
      hash('sha256', body, 'hex'),
      WRITTEN,
      `raise WRITING in src/forwarding/wording.ts, then note this digest here: ${body.toString()}`,
    );
  });
});
