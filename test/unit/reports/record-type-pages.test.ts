// docs/record-types is made by a command: a page that is stale, missing or left over fails here.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadSite } from '../../../src/app/site.js';
import { recordTypePages } from '../../../src/cli/docs.js';
import { projectRoot } from '../../../src/platform/project-root.js';

const FOLDER = path.join(projectRoot, 'docs/record-types');

describe('the pages of the record types', () => {
  const site = loadSite(path.join(projectRoot, 'config'));
  const pages = recordTypePages(site);

  it('are those of the catalogue, none missing and none left over', () => {
    assert.deepEqual(readdirSync(FOLDER).sort(), [...pages.keys()].sort());
  });

  for (const [file, text] of pages)
    it(`say in ${file} what the schema says (otherwise: npm run docs)`, () => {
      assert.equal(readFileSync(path.join(FOLDER, file), 'utf8'), text);
    });

  it('tell what is required, under which condition, in which words and lists', () => {
    const page = pages.get('administrative-penalty.md') ?? '';
    for (const words of [
      '| 处罚决定日期 | `CF_JDRQ` | `decisionDate` Date of the decision | 必填 |',
      '行政相对人类别为“法人及非法人组织”时，法定代表人必填',
      '`fineDiffersFromText` (warning): 罚款金额与正文中的金额不一致',
      '2021 (from 2021-07-15): 警告、通报批评',
      '个人信息：加密存储',
      '原始文件1095天 · original files 1095 days',
      '被取代的旧版本1825天 · superseded versions 1825 days',
    ])
      assert.ok(page.includes(words), words);
  });

  it('hold no cell that ends another', () => {
    for (const [file, text] of pages)
      for (const line of text.split('\n').filter((one) => one.startsWith('|')))
        assert.ok(line.endsWith(' |'), `${file}: ${line}`);
  });
});
