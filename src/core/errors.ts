// Every failure of the gateway itself: one class, one table of `area.what` codes with HTTP status,
// whether a retry can help (`passing`), and a title. A fault of a row is not here: that is data (problems.ts).
import { maskDetails } from './mask.js';

interface ErrorKind {
  readonly status: number;
  readonly retry: boolean;
  readonly title: string;
  readonly titleZh: string;
}

const kind = (status: number, title: string, titleZh: string): ErrorKind => ({
  status,
  retry: false,
  title,
  titleZh,
});
const passing = (status: number, title: string, titleZh: string): ErrorKind => ({
  status,
  retry: true,
  title,
  titleZh,
});

export const ERRORS = {
  'request.malformed': kind(400, 'The request is malformed', '请求格式有误'),
  'request.digest-mismatch': kind(
    400,
    'The body does not match its Content-Digest',
    '请求体与 Content-Digest 不符',
  ),
  'request.not-found': kind(404, 'There is nothing at this address', '地址不存在'),
  'request.method-not-allowed': kind(405, 'This method is not allowed at this address', '该地址不支持此方法'),
  'request.timed-out': passing(408, 'The request did not arrive in time', '请求接收超时'),
  'request.too-large': kind(413, 'The body is too large', '请求体过大'),
  'request.type-not-supported': kind(415, 'This type of body is not supported', '不支持该请求体类型'),
  'request.headers-too-large': kind(431, 'Address and headers are too large', '请求地址和请求头过大'),
  'request.too-many': passing(429, 'Too many requests with this key', '请求过于频繁'),
  'auth.key-required': kind(401, 'A valid key is required', '需要有效的访问密钥'),
  'auth.not-permitted': kind(403, 'This key may not do this', '该密钥无权执行此操作'),
  'gateway.overloaded': passing(503, 'The gateway can take nothing more just now', '网关暂时无法接收'),
  'source.not-pulled': kind(409, 'The source has no scheduled way in', '该来源未配置定时采集'),
  'source.paused': kind(409, 'The source is paused', '该来源已暂停'),
  'source.not-paused': kind(409, 'The source is not paused', '该来源未暂停'),
  'destination.unknown': kind(404, 'Unknown destination', '目的地不存在'),
  'destination.paused': kind(409, 'The destination is paused', '该目的地已暂停'),
  'destination.running': kind(409, 'The destination is not stopped', '该目的地未停止'),
  'message.not-set-aside': kind(404, 'No such message is set aside', '没有此搁置报文'),
  'replay.unknown': kind(404, 'Unknown replay', '补发任务不存在'),
  'replay.over': kind(409, 'The replay is over', '补发任务已结束'),
  'replay.id-reused': kind(409, 'This id was given to another replay', '编号已用于其他补发任务'),
  'replay.nothing-selected': kind(422, 'The replay selects nothing', '补发范围内没有内容'),
  'reconciliation.past-retention': kind(410, 'This day can be compared no more', '该日期已超过可对账期限'),
  'reconciliation.unknown': kind(404, 'This day was never compared', '该日期从未对账'),
  'source.unknown': kind(404, 'Unknown source', '来源不存在'),
  'agency.unknown': kind(404, 'Unknown agency', '部门不存在'),
  'no-data.future-period': kind(409, 'The period has not begun yet', '该期间尚未开始'),
  'no-data.rows-came': kind(409, 'Rows came in this period', '该期间已有报送数据'),
  'batch.unknown': kind(404, 'Unknown batch', '批次不存在'),
  'batch.not-held': kind(409, 'The batch is not held', '该批次未处于暂存状态'),
  'batch.not-settled': kind(409, 'The batch has not settled yet', '该批次尚未处理完毕'),
  'batch.not-replayable': kind(409, 'The batch cannot be replayed', '该批次不能重新处理'),
  'batch.past-retention': kind(410, 'This is past its retention', '已超过保存期限'),
  'record.unknown': kind(404, 'Unknown record', '记录不存在'),
  'record.not-withdrawn': kind(409, 'The record is not withdrawn', '该记录未撤销'),
  'record.period-over': kind(409, 'The period of the record is over', '该记录的期限已届满'),
  'record.past-retention': kind(
    410,
    'What the record said is past its retention',
    '该记录的内容已超过保存期限',
  ),
  'notice.unknown': kind(404, 'Unknown notice', '通知不存在'),
  'notice.invalid': kind(422, 'The notice cannot be accepted', '通知不符合要求'),
  'notice.conflict': kind(409, 'The notice has already been answered differently', '通知已有不同的答复'),
  'feedback.invalid': kind(422, 'The answer to the notice cannot be taken', '反馈内容不符合要求'),
  'idempotency.in-progress': passing(
    409,
    'A request with this Idempotency-Key is still arriving',
    '相同幂等键的请求仍在接收中',
  ),
  'idempotency.key-reused': kind(
    422,
    'This Idempotency-Key was used for other bytes',
    '幂等键已用于其他内容',
  ),
  'upload.too-large': kind(413, 'The upload is too large', '上传内容过大'),
  'upload.type-not-supported': kind(415, 'This type of content is not supported', '不支持该内容类型'),
  'upload.broken-off': passing(400, 'The upload broke off', '上传中断'),
  'file.empty': kind(422, 'The file has no data rows', '文件没有数据行'),
  'file.not-decodable': kind(422, 'The text of the file cannot be decoded', '文件编码无法识别'),
  'file.unreadable': kind(422, 'The file cannot be read', '文件无法读取'),
  'file.headings-not-found': kind(422, 'No heading row was found', '未找到表头行'),
  'file.headings-repeated': kind(422, 'A heading occurs twice', '表头重复'),
  'file.columns-missing': kind(422, 'Required columns are missing', '缺少必需的列'),
  'file.row-too-long': kind(422, 'A row is too long', '行内容过长'),
  'file.too-large': kind(413, 'The file holds more than its source allows', '文件内容超出限制'),
  'file.limit-exceeded': kind(422, 'The file goes beyond a limit', '文件超出限制'),
  'file.malformed': kind(422, 'The file is not well-formed', '文件格式有误'),
  'file.truncated': kind(422, 'The file ends in the middle', '文件不完整'),
  'file.doctype': kind(422, 'The file has a DOCTYPE, which is not read', '文件含有 DOCTYPE 声明'),
  'file.key-repeated': kind(422, 'An entry has the same key twice', '同一记录中键名重复'),
  'file.key-not-allowed': kind(422, 'An entry has a key that is not allowed', '记录中含有不允许的键名'),
  'file.rows-not-found': kind(422, 'No rows were found in the file', '文件中未找到数据行'),
  'file.sheet-not-found': kind(422, 'The workbook lacks the sheet of this source', '工作簿缺少指定工作表'),
  'feed.past-retention': kind(410, 'These events are past their retention', '事件已超过保存期限'),
  'feed.unknown-position': kind(400, 'Unknown lastEventId', 'lastEventId 无法识别'),
  'catalogue.not-listed': kind(422, 'The catalogue does not list this record type', '目录未列入该信息类别'),
  'config.invalid': kind(500, 'The configuration is not valid', '配置有误'),
  'data-key.busy': passing(503, 'Somebody else is writing what this waits for', '其他事务仍在占用数据'),
  'database.unavailable': passing(503, 'The database is not available', '数据库暂不可用'),
  'database.conflict': passing(503, 'Two writers met on the same record', '同一记录并发写入'),
  'postgres.not-startable': kind(
    500,
    'The embedded PostgreSQL cannot be started',
    '内嵌 PostgreSQL 无法启动',
  ),
  'folder.unusable': kind(500, 'The folder of a source cannot be used', '来源的文件夹无法使用'),
  'pull.failed': passing(503, 'The source cannot be asked now', '暂时无法从来源取数'),
  'pull.misconfigured': kind(500, 'The way in of a source is not set up rightly', '来源取数配置有误'),
  'claim.lost': passing(503, 'Another worker has taken over', '任务已被其他进程接管'),
  'audit.unavailable': passing(503, 'The audit log cannot be written', '审计日志无法写入'),
  'city.unreachable': passing(503, 'The city platform cannot be reached', '无法连接市级平台'),
  'city.not-configured': kind(500, 'The city platform is not configured', '未配置市级平台'),
  'redis.unavailable': passing(503, 'Redis is not available', 'Redis 暂不可用'),
  'address.not-allowed': kind(400, 'This address may not be called', '禁止访问该地址'),
  'internal.unexpected': passing(500, 'Something went wrong on our side', '系统内部错误'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorExtras {
  readonly cause?: unknown;
  /** What an answer may show: names of columns, limits, ids. Never a path, SQL or a personal number. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly detailZh?: string;
}

/** The one error class: a code of the table, a sentence that says what to do, and safe details. ID numbers in names that a sender chose (headings, keys, sheets) are masked. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly detailZh: string | undefined;

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(maskDetails(message), extras.cause === undefined ? {} : { cause: extras.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.details = maskDetails(extras.details ?? {});
    this.detailZh = maskDetails(extras.detailZh);
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retry(): boolean {
    return ERRORS[this.code].retry;
  }
}

/** Tells whether an unknown thrown value is ours, with this code where one is named. */
export function isGatewayError(error: unknown, code?: ErrorCode): error is GatewayError {
  return error instanceof GatewayError && (code === undefined || error.code === code);
}
