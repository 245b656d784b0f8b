// What a reader names as the last event that it has seen, held against what the feed has given and still keeps.
import { GatewayError } from '../core/errors.js';

const POSITION = /^(0|[1-9]\d{0,15})$/;

/** Gives the position of an event, from the beginning where none is named; throws `feed.unknown-position`. */
export function parsePosition(lastEventId = '0'): number {
  if (!POSITION.test(lastEventId)) throw unknownPosition();
  return Number(lastEventId);
}

/** Throws `feed.unknown-position` for a position that has never been given, `feed.past-retention` for one behind which events are gone. */
export function checkKept(position: number, kept: { first: number; last: number }): void {
  if (position < kept.first - 1) throw pastRetention(kept.first);
  if (position > kept.last) throw unknownPosition();
}

function unknownPosition(): GatewayError {
  return new GatewayError('feed.unknown-position', 'This feed has never given this lastEventId.', {
    detailZh: '该 lastEventId 不是本数据流给出的编号。',
  });
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
