// What templates and pages say of columns, of every record type: headings that agencies know, and never our field names.
import assert from 'node:assert/strict';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { conditionLines } from '../../../src/reports/record-type-rules.js';
import { templateOf } from '../../../src/reports/template-columns.js';
import { notesOf } from '../../../src/reports/template-notes.js';

describe('notes of templates', () => {
  const definitions = loadDefinitions(projectRoot);

  it('name other columns by their headings, whatever field they hold', () => {
    for (const type of definitions.types.keys()) {
      const template = templateOf(type, definitions);
      const said = [
        ...conditionLines(template),
        ...template.columns.map((column) => JSON.stringify(notesOf(column, template))),
      ].join('\n');
      const named = Object.keys(template.schema.properties).filter(
        (field) => /[A-Z]/.test(field) && new RegExp(`\\b${field}\\b`).test(said),
      );
      assert.deepEqual(named, [], type);
    }
  });

  it('say of a column with values of two fields when each is required, and both formats', () => {
    const template = templateOf('credit-commitment', definitions);
    const column = template.columns.find(({ heading }) => heading === '承诺人代码');
    const { required, format } = notesOf(column!, template);
    assert.match(required.zh, /“个体工商户”时必填；承诺人类别为“自然人”时必填/);
    assert.match(format.zh, /统一社会信用代码.*；或证件号码/);
    assert.match(format.en, /Unified social credit code.*; or /);
  });
});
