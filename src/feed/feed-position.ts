// What a reader names as the last event that it has seen, held against what the feed has given and still keeps.
import { GatewayError } from '../core/errors.js';

const POSITION = /^(0|[1-9]\d{0,15})$/;

/** Gives the position of an event; throws `feed.unknown-position` or `feed.past-retention`. */
export function parsePosition(
  lastEventId: string | undefined,
  kept: { first: number; last: number },
): number {
  const position = POSITION.test(lastEventId ?? '0') ? Number(lastEventId ?? '0') : Number.NaN;
  if (position < kept.first - 1) throw pastRetention(kept.first);
  if (!(position <= kept.last))
    throw new GatewayError('feed.unknown-position', 'This feed has never given this lastEventId.', {
      detailZh: '该 lastEventId 不是本数据流给出的编号。',
    });
  return position;
}

function pastRetention(oldest: number): GatewayError {
  return new GatewayError(
    'feed.past-retention',
    `Events behind this lastEventId are no longer kept; the oldest is ${oldest}. Go on from lastEventId=${oldest - 1}.`,
    {
      details: { oldestPosition: String(oldest), lastEventId: String(oldest - 1) },
      detailZh: `该 lastEventId 之后的部分事件已超过保存期限，现存最早编号为 ${oldest}。`,
    },
  );
}
