// What may not be exchanged at all: each thing outside the national catalogue is refused by name, whatever a
// configuration says, and so is a list or a sender without a ground.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { isGatewayError } from '../../../src/core/errors.js';
import { loadConfiguration } from '../../../src/platform/configuration.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

const OUTSIDE = [
  'marriage-registration',
  'blood-donation',
  'petition',
  'traffic-fine-of-person',
  'vaccination',
  'minimum-subsistence',
  'property-registration',
  'religion',
  'medical-history',
  'public-transport-fare-dodging',
  'credit-score-of-person',
  'civility-points-of-person',
];

type Entries = Record<string, unknown>[];

describe('the catalogue', () => {
  const definitions = loadDefinitions();
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = createTemporaryFolder();
    cpSync(path.join(projectRoot, 'config'), folder.path, { recursive: true });
  });
  afterEach(() => folder.remove());

  const change = (file: string, edit: (entries: Entries) => Entries): void => {
    const at = path.join(folder.path, `${file}.yaml`);
    writeFileSync(at, stringify(edit(parse(readFileSync(at, 'utf8')) as Entries)));
  };
  const problems = (): string[] => {
    try {
      loadConfiguration(folder.path, definitions);
      return [];
    } catch (error) {
      assert.ok(isGatewayError(error));
      return (error.details as { problems: string[] }).problems;
    }
  };
  const penalty = (entry: Record<string, unknown>): boolean => entry['type'] === 'administrative-penalty';

  for (const type of OUTSIDE)
    it(`has no place for ${type}, with a source or with an entry`, () => {
      change('sources', (sources) => [
        ...sources,
        {
          id: `market-regulation-${type}`,
          agency: 'market-regulation',
          type,
          mappings: ['administrative-penalty-2020'],
        },
      ]);
      assert.ok(
        problems().some((problem) =>
          problem.includes(`${type} is not in catalogue.yaml (catalogue.not-listed)`),
        ),
      );
      change('catalogue', (entries) => [
        ...entries,
        { ...entries.find(penalty), type, nationalClass: '社会生活信息' },
      ]);
      assert.ok(problems().some((problem) => problem.includes('nationalClass')));
    });

  it('says of every type how long what belongs to it is kept, in days or for good', () => {
    const { catalogue } = loadConfiguration(folder.path, definitions);
    assert.ok(catalogue.every(({ retention }) => retention.oldVersionsDays === 1825));
    const keeping =
      (retention: unknown) =>
      (entries: Entries): Entries =>
        entries.map((entry) => (penalty(entry) ? { ...entry, retention } : entry));
    change('catalogue', keeping(undefined));
    assert.match(problems().join(), /^catalogue\.yaml\/0: must have required property 'retention'/);
    for (const wrong of [
      {},
      { oldVersionsDays: 0 },
      { oldVersionsDays: 'never' },
      { oldVersionsDays: 1, feedDays: 1 },
    ]) {
      change('catalogue', keeping(wrong));
      assert.match(problems().join(), /^catalogue\.yaml\/0\/retention/, JSON.stringify(wrong));
    }
    change('catalogue', keeping({ oldVersionsDays: 'unlimited', originalsDays: 30 }));
    assert.deepEqual(problems(), []);
  });

  it('asks for the schema of a type that is of a class of the national catalogue', () => {
    change('catalogue', (entries) => [...entries, { ...entries.find(penalty), type: 'blood-donation' }]);
    assert.deepEqual(problems(), [
      'catalogue.yaml, blood-donation: there is no schemas/blood-donation.schema.json',
    ]);
  });

  it('lets only those send a type who may', () => {
    change('catalogue', (entries) =>
      entries.map((entry) => (penalty(entry) ? { ...entry, senders: ['courts', 'nobody'] } : entry)),
    );
    const told = problems();
    assert.ok(told.includes('catalogue.yaml, administrative-penalty: unknown agency nobody'));
    assert.ok(
      told.includes(
        'catalogue.yaml, administrative-penalty: market-regulation may not send it, but has the source market-regulation-penalty',
      ),
    );
  });

  it('names the field in which records state how open they are, and what its values mean', () => {
    change('catalogue', (entries) =>
      entries.map((entry) => {
        if (entry['type'] === 'credit-commitment') return { ...entry, opennessField: undefined };
        return penalty(entry) ? { ...entry, opennessField: 'counterpartKind' } : entry;
      }),
    );
    const found = problems();
    for (const problem of [
      'catalogue.yaml, credit-commitment: its records state in opennessType how open they are, but its opennessField does not name it',
      'catalogue.yaml, administrative-penalty: its records state in usageScope how open they are, but its opennessField does not name it',
      'catalogue.yaml, administrative-penalty: the code list of counterpartKind does not say how open 自然人 is',
    ])
      assert.ok(found.includes(problem), `${problem}\n${found.join('\n')}`);
  });

  it('names for entries in lists fields of the schema that can end an entry', () => {
    const listing = { action: 'listAction', removal: '移出', list: 'listName', entry: 'entryDocumentNumber' };
    const told = (wrong: Partial<typeof listing>): string[] => {
      change('catalogue', (entries) =>
        entries.map((entry) =>
          entry['type'] === 'serious-dishonesty-list-entry'
            ? { ...entry, listing: { ...listing, ...wrong } }
            : entry,
        ),
      );
      return problems().map((problem) =>
        problem.replace('catalogue.yaml, serious-dishonesty-list-entry: ', ''),
      );
    };
    assert.deepEqual(told({}), []);
    for (const key of ['action', 'list', 'entry'] as const)
      assert.deepEqual(told({ [key]: 'nothing' }), [
        `its listing names nothing as ${key}, which is no field of the schema`,
      ]);
    assert.deepEqual(told({ removal: '退出' }), [
      'its listing has 退出 as removal, which is not in the code list of listAction',
    ]);
    assert.deepEqual(told({ action: 'remarks' }), [
      'its listing needs a field of one value with a code list as action, which remarks is not',
    ]);
    assert.deepEqual(told({ list: 'remarks' }), [
      'its listing needs a field with namedList as list, which remarks is not',
    ]);
    assert.deepEqual(told({ entry: 'remarks' }), [
      'its listing needs a field written as decisionDocumentNumber as entry, which remarks is not',
    ]);
    assert.deepEqual(told({ entry: 'decisionDocumentNumber' }), [
      'its listing names decisionDocumentNumber as entry, which is the number of the removal itself',
    ]);
  });

  it('lets the agencies that a list entitles send its entries, and no others', () => {
    change('lists', (lists) =>
      lists.map((list) => (list['id'] === 'production-safety' ? { ...list, agencies: ['courts'] } : list)),
    );
    const found = problems();
    for (const problem of [
      'catalogue.yaml, serious-dishonesty-list-entry: courts is entitled to the list production-safety, but may not send it',
      'catalogue.yaml, serious-dishonesty-list-entry: emergency-management may send it, but no list of lists.yaml entitles it',
    ])
      assert.ok(found.includes(problem), `${problem}\n${found.join('\n')}`);
  });

  it('names the identity that the schema has', () => {
    change('catalogue', (entries) =>
      entries.map((entry) =>
        penalty(entry) ? { ...entry, identity: ['counterpartName', 'remarks'] } : entry,
      ),
    );
    assert.deepEqual(problems(), [
      'catalogue.yaml, administrative-penalty: its identity is counterpartName, remarks, but the schema has decisionDocumentNumber, counterpartName',
    ]);
  });
});

describe('the named lists', () => {
  it('need a ground, a field of the central document and agencies that exist, and each name once', () => {
    const folder = createTemporaryFolder();
    try {
      cpSync(path.join(projectRoot, 'config'), folder.path, { recursive: true });
      const at = path.join(folder.path, 'lists.yaml');
      const lists = parse(readFileSync(at, 'utf8')) as Entries;
      const told = (edited: Entries): string => {
        writeFileSync(at, stringify(edited));
        try {
          loadConfiguration(folder.path, loadDefinitions());
          return '';
        } catch (error) {
          return (error as Error).message;
        }
      };
      const [first] = lists;
      assert.match(told([{ ...first, field: 'jaywalking' }]), /lists\.yaml\/0\/field/);
      assert.match(told([{ ...first, legalBasis: '' }]), /lists\.yaml\/0\/legalBasis/);
      assert.match(told([{ ...first, agencies: ['nobody'] }]), /unknown agency nobody/);
      assert.match(told([...lists, { ...first, id: 'another' }]), /is named twice/);
      assert.equal(told(lists), '');
    } finally {
      folder.remove();
    }
  });
});
