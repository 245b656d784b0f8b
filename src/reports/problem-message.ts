// What is wrong, in Chinese; where the city refused a record, in the city's own words too.
import type { ProblemView } from '../db/problems.js';

/** Gives the sentence of a problem. */
export function messageOf({ messageZh, cityCode, cityMessage }: ProblemView): string {
  const city = [cityCode, cityMessage].filter((words) => words !== undefined && words !== '').join('：');
  return city === '' ? messageZh : `${messageZh}（${city}）`;
}
