// `gateway data-key rotate|reseal|status`: a new key to seal with, everything brought under it, and how far that is.
import { setTimeout as sleep } from 'node:timers/promises';
import { resealEverything } from '../app/reseal.js';
import { rotateKeys } from '../app/rotate.js';
import { sealedCounts } from '../app/sealed-counts.js';
import { dataKeyFile, openStorage, originalsFolder } from '../app/storage.js';
import { loadDataKey } from '../platform/data-key.js';
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

/** Prints the keys and how much is sealed with each, as one JSON object. */
export function runDataKeyStatus(): Promise<void> {
  return withSession(async ({ environment, stops, log }) => {
    const { database } = await openStorage(environment, stops, log);
    const { id, older, rotatedAt } = loadDataKey(dataKeyFile(environment));
    const sealed = await sealedCounts(database, originalsFolder(environment));
    const keys = { current: id, rotatedAt: rotatedAt ?? null, older: older.map((key) => key.id) };
    print(JSON.stringify({ ...keys, sealed }, null, 2));
  });
}
