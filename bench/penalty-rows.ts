// Makes penalty rows for the bench: the official columns of 2020, about 560 bytes a row, every code with
// valid check characters, no two rows of the same document. Deterministic.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';

export const HEADINGS = [
  'CF_XDR_MC',
  'CF_XDR_LB',
  'CF_XDR_SHXYM',
  'CF_XDR_GSZC',
  'CF_XDR_ZZJG',
  'CF_XDR_SWDJ',
  'CF_XDR_SYDW',
  'CF_XDR_SHZZ',
  'CF_FRDB',
  'CF_FR_ZJLX',
  'CF_FR_ZJHM',
  'CF_XDR_ZJLX',
  'CF_XDR_ZJHM',
  'CF_WSH',
  'CF_WFXW',
  'CF_SY',
  'CF_YJ',
  'CF_CFLB',
  'CF_NR',
  'CF_NR_FK',
  'CF_NR_WFFF',
  'CF_NR_ZKDX',
  'CF_JDRQ',
  'CF_YXQ',
  'CF_GSJZQ',
  'CF_CFJG',
  'CF_CFJGDM',
  'CF_SJLY',
  'CF_SJLYDM',
  'BZ',
] as const;

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/** Gives the n-th synthetic unified social credit code of Binhai (GB 32100 and GB 11714 checks valid). */
export function syntheticCode(n: number, prefix = '91120116'): string {
  const organisation = `MA${n.toString(10).padStart(6, '0').slice(-6)}`;
  const sum = [...organisation].reduce(
    (total, character, i) => total + Number.parseInt(character, 36) * (ORGANISATION_WEIGHTS[i] as number),
    0,
  );
  const check = 11 - (sum % 11);
  const body = `${prefix}${organisation}${check === 10 ? 'X' : check === 11 ? '0' : check}`;
  const total = [...body].reduce(
    (all, character, i) => all + ALPHABET.indexOf(character) * (WEIGHTS[i] as number),
    0,
  );
  return body + (ALPHABET[(31 - (total % 31)) % 31] as string);
}

export interface Deliverer {
  readonly nameZh: string;
  readonly creditCode: string;
  /** The day of every decision, `YYYY/MM/DD`; days of 2025 where it is absent. */
  readonly decidedOn?: string;
}

/** Gives the cells of the n-th row, from 0. */
export function penaltyRow(n: number, agency: Deliverer): string[] {
  const day = String((n % 28) + 1).padStart(2, '0');
  const month = String((n % 12) + 1).padStart(2, '0');
  const fine = ((n % 500) + 1) / 100;
  return [
    `天津滨海示例商贸第${n % 90_000}有限公司`,
    '法人及非法人组织',
    syntheticCode(n % 900_000),
    '',
    '',
    '',
    '',
    '',
    '示例负责人',
    '',
    '',
    '',
    '',
    `津滨市监罚〔2025〕${n}号`,
    '违反食品安全管理规定',
    `经查，当事人于2025年${month}月在经营场所内未按规定履行进货查验义务，涉案货值${fine}万元`,
    '《中华人民共和国食品安全法》第一百二十六条第一款',
    '警告;罚款',
    `警告，并处罚款${fine}万元`,
    String(fine),
    '',
    '',
    agency.decidedOn ?? `2025/${month}/${day}`,
    '2099/12/31',
    `2028/${month}/${day}`,
    agency.nameZh,
    agency.creditCode,
    agency.nameZh,
    agency.creditCode,
    '',
  ];
}

/** Writes a CSV in UTF-8 with `rows` rows; gives its size in bytes. */
export async function writePenalties(path: string, rows: number, agency: Deliverer): Promise<number> {
  const file = createWriteStream(path);
  file.write(`${HEADINGS.join(',')}\r\n`);
  for (let start = 0; start < rows; start += 1000) {
    const lines: string[] = [];
    for (let n = start; n < Math.min(rows, start + 1000); n += 1) lines.push(penaltyRow(n, agency).join(','));
    if (!file.write(`${lines.join('\r\n')}\r\n`)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  return file.bytesWritten;
}
