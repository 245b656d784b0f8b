// The score card as a CSV that Excel opens: UTF-8 with a mark, CRLF, no cell that could be a formula.
import Papa from 'papaparse';
import { protect } from '../core/formula-guard.js';
import type { ScorecardEntry } from './scorecard.js';

const BYTE_ORDER_MARK = '\ufeff';
const NEWLINE = '\r\n';

type Cell = (entry: ScorecardEntry) => string | number | null;

const COLUMNS: readonly (readonly [string, Cell])[] = [
  ['部门', ({ agency }) => agency],
  ['来源', ({ source }) => source],
  ['信息类别', ({ type }) => type],
  ['月份', ({ month }) => month],
  ['归集量', ({ received }) => received],
  ['合规量', ({ accepted }) => accepted],
  ['不合规量', ({ rejected }) => rejected],
  ['数据合规率', ({ complianceRate }) => complianceRate],
  ['计时量', ({ measured }) => measured],
  ['及时量', ({ timely }) => timely],
  ['迟报量', ({ late }) => late],
  ['及时率', ({ timelinessRate }) => timelinessRate],
  ['重复差错量', ({ repeatedFaults }) => repeatedFaults],
  ['重复差错率', ({ repeatFaultRate }) => repeatFaultRate],
  ['报送周期', ({ expects }) => expects],
  ['应报期数', ({ expectedPeriods }) => expectedPeriods],
  ['零报告期', ({ noDataPeriods }) => noDataPeriods.join(' ')],
  ['未报期', ({ silentPeriods }) => silentPeriods.join(' ')],
];

/** Writes the score card; what has no value is an empty cell. */
export function scorecardCsv(entries: readonly ScorecardEntry[]): string {
  const rows = entries.map((entry) => COLUMNS.map(([, cell]) => protect(String(cell(entry) ?? ''))));
  const headings = COLUMNS.map(([heading]) => heading);
  return `${BYTE_ORDER_MARK}${Papa.unparse([headings, ...rows], { newline: NEWLINE })}${NEWLINE}`;
}
