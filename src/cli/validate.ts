// `gateway validate FILE`: what intake would say about a file, without a database and without storing
// anything. Exit code 0 clean, 1 rows rejected, 2 unreadable.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import type { Clock } from '../core/clock.js';
import type { Source } from '../core/configuration.js';
import { GatewayError } from '../core/errors.js';
import { validateDelivery, type ValidationReport } from '../app/dry-run.js';
import { loadSite, type Site } from '../app/site.js';
import { createMeter } from '../intake/meter.js';
import { bytesOfFile } from '../platform/stored-bytes.js';
import { print, reportText } from './output.js';
import { withSession } from './session.js';

/** Runs `gateway validate`. */
export function runValidate(file: string, options: { source: string; json: boolean }): Promise<void> {
  return withSession(async ({ environment }) => {
    const site = loadSite(environment.configDir);
    const report = await validateFile(file, options.source, { site, clock: () => new Date() });
    print(options.json ? JSON.stringify(report) : reportText(report));
    if (report.rejected > 0) process.exitCode = 1;
  });
}

/** Validates a file as the given source would deliver it; throws `file.…` and `upload.…` errors. */
export async function validateFile(
  path: string,
  sourceId: string,
  needs: { site: Site; clock: Clock },
): Promise<ValidationReport> {
  const { configuration } = needs.site;
  const source = knownSource(sourceId, needs.site);
  const meter = createMeter(source.maxUploadBytes ?? configuration.gateway.maxUploadBytes, []);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(path), meter.stream, nowhere);
  const { isUtf8 } = meter.result();
  const bytes = await bytesOfFile(path);
  return validateDelivery(
    { source, bytes, isUtf8, declaredCharset: undefined, declaredFormat: undefined },
    needs,
  );
}

/** Gives a source of config/sources.yaml; throws `source.unknown`. */
export function knownSource(id: string, { configuration: { sources } }: Site): Source {
  const source = sources.find((entry) => entry.id === id);
  if (source !== undefined) return source;
  const known = sources.map((entry) => entry.id).join(', ');
  throw new GatewayError('source.unknown', `There is no source ${id}. Known sources: ${known}.`, {
    detailZh: `没有来源 ${id}，可用来源见上及 config/sources.yaml。`,
  });
}
