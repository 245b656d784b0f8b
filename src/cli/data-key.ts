// `gateway data-key rotate|reseal|status`: a new key to seal with, everything brought under it, and how far that is.
import { setTimeout as sleep } from 'node:timers/promises';
import { resealEverything } from '../app/reseal.js';
import { rotateKeys } from '../app/rotate.js';
import { sealedCounts, type SealedCounts } from '../app/sealed-counts.js';
import { dataKeyFile, openStorage, originalsFolder } from '../app/storage.js';
import { GatewayError } from '../core/errors.js';
import { loadDataKey, type DataKeys } from '../platform/data-key.js';
import { note, print } from './output.js';
import { withSession } from './session.js';

/** Makes a new key to seal with; what is sealed already opens as before. */
export function runDataKeyRotate(): Promise<void> {
  return withSession(async ({ environment, stops, log }) => {
    const { database } = await openStorage(environment, stops, log);
    const needs = { database, dataKeyFile: dataKeyFile(environment), clock: () => new Date() };
    const { isRotated, keys } = await rotateKeys(needs);
    const old = keys.older.map(({ id }) => id).join(', ');
    if (isRotated) print(`Data key ${keys.id} is the current one; ${old} still opens · 已启用新密钥`);
    else
      print(
        `Data key ${keys.id} was made less than a minute ago; nothing was changed · 刚刚轮换过，未作更改`,
      );
    note('Next: back the file up, then `gateway data-key reseal` · 请备份密钥文件，再运行 reseal');
  });
}

/** Seals everything with the current key and takes the old ones away; exit 1 where something is still being written under one. */
export function runDataKeyReseal(): Promise<void> {
  return withSession(async ({ environment, stops, log }) => {
    const storage = await openStorage(environment, stops, log);
    const held = loadDataKey(dataKeyFile(environment));
    mustHoldAll(missingKeys(held, await sealedCounts(storage.database, originalsFolder(environment))));
    if (held.older.length === 0) {
      print('There is one data key alone: nothing is sealed with another · 只有一个密钥，无需重新加密');
      note('To change it, run `gateway data-key rotate` first · 如需更换密钥，请先运行 rotate');
      return;
    }
    const report = await resealEverything({
      ...storage,
      originalsDir: originalsFolder(environment),
      dataKeyFile: dataKeyFile(environment),
      clock: () => new Date(),
      log,
      wait: async (ms) => {
        note(`Waiting ${Math.ceil(ms / 1000)} s, until no process seals with the old key · 请稍候`);
        await sleep(ms);
      },
      onWriter: (table) =>
        note(`Waiting for a transaction that writes to ${table} · 正在等待写入 ${table} 的事务结束`),
    });
    print(`${report.values} values and ${report.files} files sealed anew · 已重新加密`);
    if (report.removed.length > 0) print(`Removed · 已移除旧密钥: ${report.removed.join(', ')}`);
    else if (loadDataKey(dataKeyFile(environment)).older.length > 0) {
      note(
        `Something is still being written under an old key (${report.waiting} files); run this again later · 请稍后再运行`,
      );
      process.exitCode = 1;
    }
  });
}

/** Prints the keys and how much is sealed with each, as one JSON object; exit 1 where the file lacks a key. */
export function runDataKeyStatus(): Promise<void> {
  return withSession(async ({ environment, stops, log }) => {
    const { database } = await openStorage(environment, stops, log);
    const held = loadDataKey(dataKeyFile(environment));
    const sealed = await sealedCounts(database, originalsFolder(environment));
    const older = held.older.map(({ id }) => id);
    const missing = missingKeys(held, sealed);
    const keys = { current: held.id, rotatedAt: held.rotatedAt ?? null, older, missing };
    print(JSON.stringify({ ...keys, sealed }, null, 2));
    if (missing.length > 0) process.exitCode = 1;
  });
}

/** Ids of keys that something is sealed with and that the file lacks: one from before a rotation was put back. */
function missingKeys(held: DataKeys, sealed: SealedCounts): string[] {
  const ids = new Set([held.id, ...held.older.map(({ id }) => id)]);
  return Object.keys(sealed).filter((id) => !ids.has(id));
}

function mustHoldAll(missing: readonly string[]): void {
  if (missing.length === 0) return;
  const ids = missing.join(', ');
  throw new GatewayError(
    'config.invalid',
    `Something is sealed with ${ids}, which the data key file does not hold. Put the file of after the last rotation back; nothing has been changed.`,
    {
      detailZh: `有数据以密钥 ${ids} 加密，而密钥文件中没有该密钥。请放回最近一次轮换后的密钥文件；未作任何更改。`,
    },
  );
}
