// Binds what is known about the supply of each source: the score card, and what agencies say about periods
// in which they had nothing.
import { actorOf } from '../core/audit-entry.js';
import { shanghaiDay, shanghaiMidnight } from '../core/clock.js';
import { dayNumber, dayOf } from '../core/day.js';
import { GatewayError } from '../core/errors.js';
import { parsePeriod, type Period, type PeriodKind } from '../core/reporting-period.js';
import { appendAudit } from '../db/audit.js';
import { cameRows, noteNoData } from '../db/no-data.js';
import type { HttpDeps, ScorecardRequest } from '../http/deps.js';
import { makeScorecard, type ScorecardEntry } from '../reports/scorecard.js';
import { scorecardCsv } from '../reports/scorecard-csv.js';
import type { Foundation } from './gateway.js';

type Supply = Pick<HttpDeps, 'scorecardCsv' | 'stateNoData'> & {
  readonly readScorecard: (request: ScorecardRequest) => Promise<ScorecardEntry[]>;
};

/** Binds the supply. */
export function bindSupply(foundation: Pick<Foundation, 'site' | 'storage' | 'clock'>): Supply {
  const { site, storage, clock } = foundation;
  const { configuration } = site;
  const make: Supply['readScorecard'] = async (query) => {
    if (query.agency !== null && !configuration.agencies.some(({ id }) => id === query.agency))
      throw new GatewayError('agency.unknown', 'There is no such agency for this key.', {
        detailZh: '该密钥没有此部门。',
      });
    const month = readMonth(query.month);
    return makeScorecard({ ...query, month }, { sql: storage.database, configuration, now: clock() });
  };
  return {
    readScorecard: make,
    scorecardCsv: async (query) => scorecardCsv(await make(query)),
    stateNoData: async ({ source, period: id, caller }) => {
      const expects = configuration.sources.find((entry) => entry.id === source)?.expects;
      const now = clock();
      const period = readPeriod(id, ['month', ...(expects === undefined ? [] : [expects.every])]);
      if (period.firstDay > shanghaiDay(now)) throw inFuture(period);
      const stretch = {
        from: shanghaiMidnight(period.firstDay),
        before: shanghaiMidnight(dayOf(dayNumber(period.lastDay) + 1)),
      };
      const statedAt = await storage.database.transaction(async (sql) => {
        if (await cameRows(sql, source, stretch)) throw rowsCame(period);
        const said = await noteNoData(sql, { source, period, at: now, keyId: caller.keyId });
        const details = { period: period.id };
        const actor = actorOf(caller);
        if (said.isNew)
          await appendAudit(sql, { at: now, actor, action: 'no-data.stated', object: source, details });
        return said.statedAt;
      });
      return { source, period: period.id, statedAt };
    },
  };
}

function readMonth(text: string): Period {
  return readPeriod(text, ['month'], 'month');
}

const FORMS: Readonly<Record<PeriodKind, string>> = {
  month: 'YYYY-MM',
  week: 'YYYY-Www',
  day: 'YYYY-MM-DD',
};

function readPeriod(text: string, kinds: readonly PeriodKind[], parameter = 'period'): Period {
  const period = parsePeriod(text);
  if (period !== undefined && kinds.includes(period.kind)) return period;
  const forms = [...new Set(kinds)].map((kind) => FORMS[kind]).join(' or ');
  throw new GatewayError('request.malformed', `The parameter ${parameter} must be a period as ${forms}.`, {
    details: { parameter },
    detailZh: `参数 ${parameter} 有误。`,
  });
}

function inFuture({ id }: Period): GatewayError {
  return new GatewayError('no-data.future-period', `The period ${id} has not begun yet.`, {
    details: { period: id },
    detailZh: `${id}尚未开始。`,
  });
}

function rowsCame({ id }: Period): GatewayError {
  return new GatewayError(
    'no-data.rows-came',
    `Rows of this source came in ${id}; it was not without data.`,
    {
      details: { period: id },
      detailZh: `${id}已有报送数据，不能申报为无数据。`,
    },
  );
}
