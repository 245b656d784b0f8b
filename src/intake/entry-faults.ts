// What can be wrong with an entry of JSON, NDJSON or XML so that the file ends there.
import { GatewayError } from '../core/errors.js';
import { ANY_DAY } from '../core/mask.js';
import { shownValue } from '../core/shown-value.js';

/** Characters of a key that are looked at to show forty of them. */
const LOOKED_AT = 200;

/** The failure of an entry that is not JSON; it has no cause, for JSON.parse quotes the file. */
export function malformedEntry(row: number): GatewayError {
  return new GatewayError('file.malformed', `Entry ${row} is not a well-formed JSON object.`, {
    details: { row },
    detailZh: `第 ${row} 条记录不是合法的 JSON 对象。`,
  });
}

/** The failure of a file that ends within an entry. */
export function truncated(row: number): GatewayError {
  return new GatewayError('file.truncated', `The file ends in the middle of entry ${row}; send it whole.`, {
    details: { row },
    detailZh: `文件在第 ${row} 条记录处中断，请重新导出后上传。`,
  });
}

/** The failure of an entry in which a key stands twice, or two keys for one column have two values. */
export function keyRepeated(row: number, repeated: string): GatewayError {
  const key = shownValue(repeated.slice(0, LOOKED_AT), ANY_DAY);
  return new GatewayError('file.key-repeated', `Entry ${row} has the key ${key} twice.`, {
    details: { row, key },
    detailZh: `第 ${row} 条记录中键名“${key}”重复。`,
  });
}

/** The failure of an entry with a key that no file of records has. */
export function keyNotAllowed(row: number, refused: string): GatewayError {
  const key = shownValue(refused.slice(0, LOOKED_AT), ANY_DAY);
  return new GatewayError('file.key-not-allowed', `Entry ${row} has the key ${key}, which is not allowed.`, {
    details: { row, key },
    detailZh: `第 ${row} 条记录含有不允许的键名“${key}”。`,
  });
}
