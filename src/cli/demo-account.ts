// Adds the demo up from three sides: what the agencies were told, what the feed holds, what the city has.
// Every figure that must be equal to another is a check.
import type { BatchView } from '../app/batch-view.js';
import type { Gateway } from '../app/gateway.js';
import type { NoticeCount } from '../app/sandbox.js';
import { VERDICTS } from '../core/words.js';
import { getJson, type Exchange, type Upload } from './demo-exchange.js';

export interface Check {
  readonly what: string;
  readonly left: number;
  readonly right: number;
  readonly holds: boolean;
}

export interface Account {
  readonly batches: readonly Upload[];
  readonly checks: readonly Check[];
}

interface FeedEvent {
  readonly id: string;
}

const FEED_LIMIT = 1000;

/** Takes the account after an exchange. */
export async function takeAccount(gateway: Gateway, exchange: Exchange): Promise<Account> {
  const { uploads, sandbox, noticeId } = exchange;
  const positions = await readFeedIds(gateway.url, sandbox.file.city.key);
  return {
    batches: uploads,
    checks: [
      ...batchChecks(uploads),
      ...logChecks(positions, sandbox.countAtCity()),
      ...noticeChecks(await sandbox.countNotice(noticeId)),
    ],
  };
}

function batchChecks(uploads: readonly Upload[]): Check[] {
  const sum = (count: (batch: BatchView) => number): number =>
    uploads.reduce((all, { batch }) => all + count(batch), 0);
  return [
    check(
      'rows received = sum of verdicts · 收到行数 = 各结果之和',
      sum(({ counts }) => counts.received),
      sum(({ counts }) => VERDICTS.reduce((all, verdict) => all + counts[verdict], 0)),
    ),
    check(
      'changes of these batches = delivered + refused · 变更 = 送达 + 拒收',
      sum(({ counts }) => counts.new + counts.amended + counts.withdrawn),
      sum(({ city }) => city.delivered + city.rejected),
    ),
  ];
}

function logChecks(positions: readonly string[], atCity: number): Check[] {
  const events = positions.length;
  return [
    check('feed events = last position: no hole · 变更日志无缺', events, Number(positions.at(-1) ?? 0)),
    check('distinct feed events = feed events: no repeat · 变更日志无重', new Set(positions).size, events),
    check(
      'changes at the city, once by record and version = feed events · 市级平台收到 = 变更事件',
      atCity,
      events,
    ),
  ];
}

function noticeChecks({ recipients, onRoute, delivered, acknowledged, fedBack }: NoticeCount): Check[] {
  return [
    check('notice: recipients = agencies on its route · 通知：应收 = 路由部门', recipients, onRoute),
    check('notice: recipients = delivered · 通知：应收 = 送达', recipients, delivered),
    check('notice: recipients = acknowledged · 通知：应收 = 签收', recipients, acknowledged),
    check('notice: recipients = feedback at the city · 通知：应收 = 市级平台收到反馈', recipients, fedBack),
  ];
}

function check(what: string, left: number, right: number): Check {
  return { what, left, right, holds: left === right };
}

async function readFeedIds(url: string, key: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const after = ids.at(-1);
    const query = after === undefined ? '' : `&lastEventId=${after}`;
    const events = await getJson<FeedEvent[]>(`${url}/v1/feeds/records?limit=${FEED_LIMIT}${query}`, key);
    if (events.length === 0) return ids;
    ids.push(...events.map((event) => event.id));
  }
}
