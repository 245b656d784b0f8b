// Which tests run in one process, and which with nothing beside them. Every test file is found by its name, none is
// listed. Rule: a file that measures memory or time runs alone; one that starts processes comes first, since it
// waits more than it computes and lint runs beside it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './run-command.js';

const MEASURES = /\b(memoryUsage|cpuUsage|resourceUsage|performance\.now|startProcessorWatch)\b/;
const STARTS_PROCESSES = /served-gateway\.js|idle-gateway\.js|command\.js|node:child_process/;

/** Files to a process, by folder: enough that loading the code (2 s) is little beside the tests themselves. */
const FILES_PER_PROCESS = { flow: 3, faults: 1, db: 6, browser: 3, unit: 40, mappings: 40 };
/** Folders whose tests are whole processes or fill a database. */
const SLOW = ['flow', 'faults', 'db', 'browser'];

const testFiles = (folder) => {
  try {
    return readdirSync(path.join(ROOT, 'test', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => path.posix.join('test', folder, file.split(path.sep).join('/')))
      .sort();
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
};

function inPortions(files, size) {
  const count = Math.ceil(files.length / size);
  return Array.from({ length: count }, (_, n) => files.filter((_file, at) => at % count === n));
}

/** Finds all test files, as `{shards, alone}`: shards may run side by side, `alone` afterwards and by itself. */
export function findShards() {
  const alone = [];
  const starting = [];
  const others = [];
  for (const [folder, size] of Object.entries(FILES_PER_PROCESS)) {
    const rest = [];
    for (const file of testFiles(folder)) {
      const text = readFileSync(path.join(ROOT, file), 'utf8');
      if (MEASURES.test(text)) alone.push(file);
      else if (SLOW.includes(folder) && STARTS_PROCESSES.test(text)) starting.push([file]);
      else rest.push(file);
    }
    others.push(...inPortions(rest, size));
  }
  return { shards: [...starting, ...others], alone };
}
