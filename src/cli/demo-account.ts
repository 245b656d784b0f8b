// Adds the demo up from three sides: what the agencies were told, what the feed holds, what the city has.
// Every figure that must be equal to another is a check.
import type { Gateway } from '../app/gateway.js';
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
  const { uploads, sandbox } = exchange;
  const sum = (count: (upload: Upload) => number): number =>
    uploads.reduce((all, upload) => all + count(upload), 0);
  const positions = await readFeedIds(gateway.url, sandbox.city.key);
  const atCity = gateway.sandbox?.countAtCity();
  const notice = await gateway.sandbox?.countNotice(exchange.noticeId);
  return {
    batches: uploads,
    checks: [
      check(
        'rows received = sum of verdicts · 收到行数 = 各结果之和',
        sum(({ batch }) => batch.counts.received),
        sum(({ batch }) => VERDICTS.reduce((all, verdict) => all + batch.counts[verdict], 0)),
      ),
      check(
        'changes of these batches = delivered + refused · 变更 = 送达 + 拒收',
        sum(({ batch: { counts } }) => counts.new + counts.amended + counts.withdrawn),
        sum(({ batch }) => batch.city.delivered + batch.city.rejected),
      ),
      check(
        'feed events = last position: no hole, no repeat · 变更日志无缺无重',
        positions.length,
        Number(positions.at(-1) ?? 0),
      ),
      check('distinct feed events = feed events · 变更事件不重复', new Set(positions).size, positions.length),
      check(
        'changes at the city, once by record and version = feed events · 市级平台收到 = 变更事件',
        atCity ?? -1,
        positions.length,
      ),
      check(
        'notice: recipients = agencies on its route · 通知：应收 = 路由部门',
        notice?.recipients ?? -1,
        notice?.onRoute ?? -2,
      ),
      check(
        'notice: recipients = delivered · 通知：应收 = 送达',
        notice?.recipients ?? -1,
        notice?.delivered ?? -2,
      ),
      check(
        'notice: recipients = acknowledged · 通知：应收 = 签收',
        notice?.recipients ?? -1,
        notice?.acknowledged ?? -2,
      ),
      check(
        'notice: recipients = feedback at the city · 通知：应收 = 市级平台收到反馈',
        notice?.recipients ?? -1,
        notice?.fedBack ?? -2,
      ),
    ],
  };
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
