// Records of types other than penalty and licence, on a real PostgreSQL: what identifies them, what the
// catalogue refuses, and that old column versions meet the records of new ones.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchView } from '../../src/app/batch-view.js';
import { openIntakeBench, type IntakeBench } from '../helpers/intake.js';

const UPLOADS = join(import.meta.dirname, '../fixtures/uploads');
const sample = (name: string): string => readFileSync(join(UPLOADS, `${name}.csv`), 'utf8');
const NOTHING = {
  amended: 0,
  duplicate: 0,
  new: 0,
  received: 20,
  rejected: 0,
  stale: 0,
  unchanged: 0,
  withdrawn: 0,
};

describe('records of a type', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  const ingest = (sourceId: string, csv: string): Promise<BatchView> => bench.ingest(csv, { sourceId });

  it('without a document number are told apart by their identity columns', async () => {
    const source = 'market-regulation-credit-evaluation-grade';
    const csv = sample('credit-evaluation-grade');
    assert.deepEqual((await ingest(source, csv)).counts, { ...NOTHING, new: 20 });
    assert.deepEqual((await ingest(source, csv)).counts, { ...NOTHING, unchanged: 20 });
    const otherGrade = csv.replaceAll(',优,', ',良,');
    assert.deepEqual((await ingest(source, otherGrade)).counts, { ...NOTHING, amended: 3, unchanged: 17 });
    const otherDay = csv.replaceAll('2026/3/31', '2026/3/30');
    assert.deepEqual((await ingest(source, otherDay)).counts, { ...NOTHING, new: 12, unchanged: 8 });
  });

  it('about a kind of subject that the catalogue does not name are refused', async () => {
    const csv = sample('credit-evaluation-grade').replaceAll('法人及非法人组织', '自然人');
    const batch = await ingest('market-regulation-credit-evaluation-grade', csv);
    assert.deepEqual(batch.counts, { ...NOTHING, rejected: 20 });
    const { problems } = await bench.problems(batch.id);
    assert.ok(problems.every(({ code }) => code === 'subject.kind-not-allowed'));
  });

  it('are amended by the decision that removes them', async () => {
    const source = 'market-regulation-abnormal-operations-entry';
    const csv = sample('abnormal-operations-entry');
    const entered = csv
      .replace(/,移出,/g, ',列入,')
      .replace(
        /,已更正公示信息并申请移出,[^\r]*?,(?=天津市滨海新区市场监督管理局,11120116MB1A0001X6,\r)/g,
        ',,,,,,',
      );
    assert.deepEqual((await ingest(source, entered)).counts, { ...NOTHING, new: 20 });
    assert.deepEqual((await ingest(source, csv)).counts, { ...NOTHING, amended: 5, unchanged: 15 });
  });

  it('in the columns of 2015 are the records of the columns of today', async () => {
    const old = await ingest('market-regulation-licence', sample('licences-2015'));
    assert.deepEqual(old.counts, { ...NOTHING, new: 20 });
    const today = [
      'XK_XDR_MC,XK_XDR_LB,XK_XDR_SHXYM,XK_FRDB,XK_XKWS,XK_WSH,XK_XKLB,XK_NR,XK_JDRQ,XK_XKJG,XK_XKJGDM,XK_ZT,XK_LYDW,XK_LYDWDM',
      '天津滨海示例商贸第0有限公司,法人及非法人组织,91120116MA61600000,示例负责人,准予行政许可决定书,津滨市监许〔2017〕1号,普通,预包装食品销售,2017/1/1,天津市滨海新区市场监督管理局,11120116MB1A0001X6,1,天津市滨海新区市场监督管理局,11120116MB1A0001X6',
    ].join('\r\n');
    const code = /91120116MA616000\w{2}/.exec(sample('licences-2015'))?.[0] ?? '';
    const amended = await ingest('market-regulation-licence', today.replace('91120116MA61600000', code));
    assert.deepEqual(amended.counts, { ...NOTHING, received: 1, amended: 1 });
  });
});
