// The amount in a column against the amount that a text names behind a word, e.g. 罚款5万元. It is looked at
// only where the text names one amount behind the word: of several nobody knows which is meant.
import type { QualityRule } from '../core/definitions.js';
import { parseAmount } from '../core/parse-amount.js';
import type { Offence } from './quality.js';

/** Compiles the comparison; texts without a plain amount say nothing. */
export function compileAmountInText(rule: Extract<QualityRule, { kind: 'amount-in-text' }>): Offence {
  const { field, text, after } = rule;
  const pattern = new RegExp(
    `${after}(?:人民币)?(?:共计|合计)?([0-9][0-9,]{0,20}(?:\\.[0-9]{1,6})?)(万?)元`,
    'g',
  );
  return (record) => {
    const amount = record[field];
    const words = record[text];
    if (typeof amount !== 'string' || typeof words !== 'string' || !words.includes(after)) return false;
    const named = [...words.matchAll(pattern)].map(([, digits = '', unit]) =>
      parseAmount(digits, unit === '万' ? 'ten-thousand-yuan' : 'yuan'),
    );
    return named.length === 1 && named[0] !== null && named[0] !== amount;
  };
}
