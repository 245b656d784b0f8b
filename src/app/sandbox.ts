// The sandbox: a simulated city (unless CITY_URL names another one) and simulated agencies around the
// gateway, with keys that survive restarts, written to DATA_DIR/sandbox.json.
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Address } from '../core/addresses.js';
import { GATEWAY } from '../core/audit-entry.js';
import { CITY } from '../core/city.js';
import { shanghaiDay } from '../core/clock.js';
import { createKey } from '../db/api-keys.js';
import { readSteps } from '../db/notices.js';
import { recipientsOf } from '../notices/route.js';
import { startAgencies, type SimulatedAgencies } from '../sandbox/agencies.js';
import { startSandboxCity, type SandboxCity } from '../sandbox/city.js';
import {
  readSandboxKeys,
  writeSandboxFile,
  type SandboxFile,
  type SandboxKeys,
} from '../sandbox/sandbox-file.js';
import type { Endpoints } from './endpoints.js';
import type { Foundation } from './gateway.js';

export interface Sandbox {
  readonly file: SandboxFile;
  /** The simulated city; undefined where CITY_URL names another one. */
  readonly city: Address | undefined;
  readonly endpointOf: Endpoints;
  /** Lets the city issue a notice about a subject that the gateway knows; gives its id. */
  readonly issueNotice: (subject: { name: string; creditCode: string }) => Promise<string>;
  /** Tells whether the city has the final feedback of every recipient of a notice. */
  readonly isAnswered: (noticeId: string) => Promise<boolean>;
  readonly countNotice: (noticeId: string) => Promise<NoticeCount>;
  /** Counts what the city holds, each record version once. */
  readonly countAtCity: () => number;
}

export interface NoticeCount {
  /** Agencies that config/routes.yaml names for the measure. */
  readonly onRoute: number;
  readonly recipients: number;
  readonly delivered: number;
  readonly acknowledged: number;
  readonly fedBack: number;
}

const MEASURE = 'restrict-tendering';

/** Starts the sandbox around a gateway that answers at `url`. */
export async function startSandbox(foundation: Foundation, url: string): Promise<Sandbox> {
  const { addresses, environment, site, stops } = foundation;
  const ids = site.configuration.agencies.map(({ id }) => id);
  const keys = await readSandboxKeys(environment.dataDir, ids);
  await registerKeys(foundation, keys);
  const named = addresses.get(CITY);
  const city = named === undefined ? await startCity(foundation, keys.city.key) : undefined;
  const agencies = await startAgencies({
    ...foundation,
    agencies: ids.map((id) => ({ id, webhookSecret: keys.agencies[id]?.webhookSecret ?? '' })),
    post: (agency, path, body) => postToGateway(`${url}${path}`, keys.agencies[agency]?.key ?? '', body),
  });
  stops.push('simulated agencies', agencies.stop);
  const file: SandboxFile = {
    url,
    ...keys,
    city: { ...keys.city, url: city?.url ?? named?.url ?? '' },
  };
  await writeSandboxFile(environment.dataDir, file);
  return bindSandbox(foundation, { file, city, agencies });
}

function bindSandbox(
  { site, storage, clock }: Foundation,
  { file, city, agencies }: { file: SandboxFile; city: SandboxCity | undefined; agencies: SimulatedAgencies },
): Sandbox {
  const countNotice = async (noticeId: string): Promise<NoticeCount> => {
    const steps = await readSteps(storage.database, noticeId);
    const count = (step: string): number =>
      new Set(steps.filter((each) => each.step === step).map(({ agency }) => agency)).size;
    const final = (city?.feedback() ?? []).filter(
      (each) => each.noticeId === noticeId && (each.body as { outcome?: string }).outcome !== 'acknowledged',
    );
    return {
      onRoute: recipientsOf(MEASURE, site.configuration.routes).length,
      recipients: steps.flatMap(({ step, details }) =>
        step === 'routed' ? [details['agencies']].flat() : [],
      ).length,
      delivered: count('delivered'),
      acknowledged: count('acknowledged'),
      fedBack: final.length,
    };
  };
  return {
    file,
    city: city && { url: city.url, token: city.token },
    endpointOf: agencies.endpointOf,
    countNotice,
    countAtCity: () => city?.summary().versions ?? 0,
    issueNotice: async (subject) => {
      const notice = sanctionNotice(subject, shanghaiDay(clock()));
      await city?.offerNotice(notice);
      return notice.noticeId;
    },
    isAnswered: async (noticeId) => {
      const { recipients, fedBack } = await countNotice(noticeId);
      return recipients > 0 && fedBack >= recipients;
    },
  };
}

async function startCity(
  { environment, clock, log, stops }: Foundation,
  token: string,
): Promise<SandboxCity> {
  const city = await startSandboxCity({
    folder: join(environment.dataDir, 'sandbox-city'),
    token,
    clock,
    log,
  });
  stops.push('simulated city', city.stop);
  return city;
}

async function registerKeys({ storage, clock }: Foundation, keys: SandboxKeys): Promise<void> {
  const now = clock();
  const actor = GATEWAY;
  await createKey(storage.database, { role: 'city', agency: undefined, now, key: keys.city.key, actor });
  await createKey(storage.database, {
    role: 'operator',
    agency: undefined,
    now,
    key: keys.operator.key,
    actor,
  });
  for (const [agency, { key }] of Object.entries(keys.agencies))
    await createKey(storage.database, { role: 'agency', agency, now, key, actor });
}

async function postToGateway(address: string, key: string, body: unknown): Promise<number> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  return answer.status;
}

function sanctionNotice(
  subject: { name: string; creditCode: string },
  today: string,
): { noticeId: string } & Record<string, unknown> {
  return {
    noticeId: `demo-${randomUUID()}`,
    subject: { ...subject, kind: '法人及非法人组织' },
    measure: MEASURE,
    legalBasis: '《中华人民共和国招标投标法》第五十三条',
    decision: { documentNumber: '津示例惩〔2026〕1号', authority: '天津市示例主管部门', date: today },
    period: {
      from: today,
      to: `${Number(today.slice(0, 4)) + 1}${today.slice(4)}`.replace('-02-29', '-02-28'),
    },
    text: '请在招标投标活动中依法限制该主体参与。',
  };
}
