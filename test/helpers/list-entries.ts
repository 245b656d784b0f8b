// Rows of the sample of a list: an entry, and a removal that names it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/platform/project-root.js';

const SAMPLE = path.join(projectRoot, 'test/fixtures/uploads/serious-dishonesty-list-entry.csv');
export const [HEADINGS = '', ...ROWS] = readFileSync(SAMPLE, 'utf8').trimEnd().split(/\r?\n/);
export const ENTRY = ROWS.find((row) => row.includes('津滨市监列〔2026〕1号')) ?? '';
export const REMOVAL = (ROWS.find((row) => row.includes('津滨市监移〔2026〕4号')) ?? '')
  .replace('津滨市监列〔2023〕4号', '津滨市监列〔2026〕1号')
  .replace('天津滨海示例食品第3有限公司', '天津滨海示例食品第0有限公司')
  .replace('91120116MA61000335', '91120116MA6100009L');
