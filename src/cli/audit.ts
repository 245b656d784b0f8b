// `gateway audit verify`: walks the whole audit log and says the first entry that does not hold. Exit 0 where
// all of it holds, 1 where not.
import { openPostgres } from '../app/storage.js';
import { checkChain, type ChainReport } from '../core/audit-chain.js';
import type { AuditCheckpoint } from '../core/audit-entry.js';
import { readAudit } from '../db/audit.js';
import { print } from './output.js';
import { withSession } from './session.js';

/** Runs `gateway audit verify`. */
export function runAuditVerify(options: { checkpoint?: AuditCheckpoint; json: boolean }): Promise<void> {
  return withSession(async ({ environment, stops, log }) => {
    const database = await openPostgres(environment, stops, log);
    const report = await checkChain(readAudit(database), options.checkpoint);
    print(options.json ? JSON.stringify(report) : reportText(report));
    if (report.firstBroken !== null) process.exitCode = 1;
  });
}

function reportText({ entries, last, firstBroken }: ChainReport): string {
  const held = `${entries} entries hold · ${entries} 条记录完好`;
  const checkpoint = `checkpoint · 检查点: ${last.number}:${last.hash}`;
  const broken =
    firstBroken === null ? [] : [`✗ ${firstBroken.kind}: ${firstBroken.message}`, firstBroken.messageZh];
  return [held, ...(last.number === 0 ? [] : [checkpoint]), ...broken].join('\n');
}
