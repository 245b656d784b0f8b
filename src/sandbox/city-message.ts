// What the simulated city takes as a message: the shape of the protocol, and each record's digest, counted
// anew over the data with personal numbers masked.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { canonicalDigest } from '../core/canonical-json.js';
import { maskPersonalNumber, maskPersonalNumbersIn } from '../core/mask.js';
import { OPERATIONS, type Operation } from '../core/words.js';

export interface CityRecord {
  readonly id: string;
  readonly version: number;
  readonly operation: Operation;
  readonly digest: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface CityMessage {
  readonly messageId: string;
  readonly tableCode: string;
  readonly tableVersion: string;
  readonly departmentCode: string;
  readonly resend?: boolean;
  readonly body: readonly CityRecord[];
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

const MAX_RECORDS = 1000;
const NAME = { type: 'string', minLength: 1, maxLength: 100 };

const isCityMessage = new Ajv2020().compile<CityMessage>({
  type: 'object',
  additionalProperties: false,
  required: ['messageId', 'tableCode', 'tableVersion', 'departmentCode', 'body'],
  properties: {
    messageId: NAME,
    tableCode: NAME,
    tableVersion: NAME,
    departmentCode: NAME,
    resend: { type: 'boolean' },
    body: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_RECORDS,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'version', 'operation', 'digest', 'data'],
        properties: {
          id: NAME,
          version: { type: 'integer', minimum: 1 },
          operation: { enum: OPERATIONS },
          digest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          data: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
    },
  },
});

/** Gives the message, or why the city refuses it as a whole. */
export function readMessage(body: unknown, idempotencyKey: string | undefined): CityMessage | Refusal {
  if (!isCityMessage(body)) {
    const [error] = isCityMessage.errors ?? [];
    return { code: '400', message: `报文格式错误 ${error?.instancePath ?? ''} ${error?.message ?? ''}` };
  }
  if (idempotencyKey !== body.messageId)
    return { code: '400', message: 'Idempotency-Key 与 messageId 不一致' };
  if (new Set(body.body.map(({ id }) => id)).size !== body.body.length)
    return { code: '400', message: '同一报文中记录重复' };
  return body;
}

/** Gives why the city refuses one record; undefined where it takes it. */
export function checkRecord(record: CityRecord, today: string): Refusal | undefined {
  const isEmpty = Object.keys(record.data).length === 0;
  if (isEmpty !== (record.operation === 'delete')) return { code: '4001', message: '数据内容与操作类型不符' };
  if (canonicalDigest(masked(record.data, today)) !== record.digest)
    return { code: '4002', message: '摘要校验失败' };
  return undefined;
}

const PERSONAL_COLUMN = /(ZJHM|SFZH)$/;

/** Masking what is masked already changes nothing, so that both kinds of destination can be checked. */
function masked(data: CityRecord['data'], today: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([column, value]) => [
      column,
      PERSONAL_COLUMN.test(column) ? maskPersonalNumber(value) : maskPersonalNumbersIn(value, today),
    ]),
  );
}
