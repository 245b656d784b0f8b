// Penalty rows with planted ID numbers: in the columns for them, in texts, in wrong columns, in rejected rows.
import { HEADINGS, penaltyRow } from '../../bench/penalty-rows.js';
import type { penaltiesCsv } from './penalties.js';
import { AGENCY } from './penalties.js';
import type { Plants } from './planted-numbers.js';

type Rows = Parameters<typeof penaltiesCsv>[0];

const PERSON = {
  CF_XDR_LB: '自然人',
  CF_XDR_SHXYM: '',
  CF_XDR_GSZC: '',
  CF_XDR_ZZJG: '',
  CF_XDR_SWDJ: '',
  CF_XDR_SYDW: '',
  CF_XDR_SHZZ: '',
  CF_FRDB: '',
  CF_XDR_ZJLX: '身份证',
};

/** Makes the rows, the n-th and following clean ones with cells changed; `person` is the number of a natural person on record. At least 6 of them pass, at least 5 are rejected. */
export function plantedPenalties({ plant }: Plants, { person, n = 0 }: { person: string; n?: number }): Rows {
  const wrongDate = { CF_JDRQ: '2025/13/45' };
  const rows: Rows = [
    { CF_FR_ZJLX: '身份证', CF_FR_ZJHM: plant('a legal representative') },
    { ...PERSON, CF_XDR_MC: '张三', CF_XDR_ZJHM: person },
    { CF_SY: `当事人（身份证${plant('a text')}）违法。`, BZ: `ID${plant('letters before')}x` },
    { CF_WSH: `津市监罚〔2025〕${plant('a document number')}号` },
    { CF_XDR_MC: `李四${plant('a name')}` },
    { CF_CFLB: `其他-${plant('a list')}` },
    { CF_XDR_SHXYM: '', CF_XDR_GSZC: '', CF_XDR_ZZJG: '', CF_XDR_SWDJ: plant('a tax number') },
    { CF_NR: plant('two in one cell') + '，' + plant('the second of them'), CF_FRDB: plant('a person') },
    { ...wrongDate, CF_FR_ZJLX: '身份证', CF_FR_ZJHM: plant('a rejected row') },
    { ...wrongDate, ...PERSON, CF_XDR_MC: '王五', CF_XDR_ZJHM: plant('a rejected person') },
    { CF_XDR_SHXYM: plant('the column of the credit code') },
    { CF_JDRQ: plant('the column of a date') },
    { CF_NR_FK: plant('the column of an amount') },
    { CF_XDR_LB: plant('the column of a kind') },
    { 操作: plant('the column of the operation') },
    { CF_XDR_ZJLX: plant('the column of a document kind'), CF_FR_ZJLX: plant('another one') },
  ];
  return rows.map((row, i) => ({ n: n + 1 + i, ...row }));
}

/** Writes planted penalties as the cells of whole rows, in the order of the headings. */
export function plantedCells(rows: Rows): string[][] {
  return rows.map((row) => {
    const clean = penaltyRow(row.n ?? 0, AGENCY);
    return HEADINGS.map((heading, column) => row[heading] ?? clean[column] ?? '');
  });
}
