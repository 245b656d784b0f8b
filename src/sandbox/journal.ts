// A file of JSON lines that is only ever appended to, and flushed before `append` resolves, so that what was
// answered survives a killed process. A line that was torn by a kill is cut off at the next start.
import { createReadStream } from 'node:fs';
import { mkdir, open, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { GatewayError } from '../core/errors.js';

export interface Journal<Entry> {
  /** Writes entries in the order of the calls; resolves when this one is on disk. */
  append(entry: Entry): Promise<void>;
  /** Waits for what is being written and closes the file. */
  close(): Promise<void>;
}

const LINE_FEED = 10;
const BLOCK = 65_536;

/** Opens a journal and hands every entry that is in it to `replay`, oldest first. */
export async function openJournal<Entry>(
  file: string,
  replay: (entry: Entry) => void,
): Promise<Journal<Entry>> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a+');
  try {
    await cutTornLine(file, handle);
    const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
    for await (const line of lines) if (line !== '') replay(parseLine<Entry>(line, file));
  } catch (error) {
    await handle.close();
    throw error;
  }
  let written: Promise<void> = Promise.resolve();
  return {
    append: (entry) => {
      const line = `${JSON.stringify(entry)}\n`;
      const mine = written.then(async () => {
        await handle.appendFile(line);
        await handle.datasync();
      });
      // A failure belongs to the caller whose entry it was; the next one tries anew.
      written = mine.catch(() => undefined);
      return mine;
    },
    close: async () => {
      await written;
      await handle.close();
    },
  };
}

function parseLine<Entry>(line: string, file: string): Entry {
  try {
    return JSON.parse(line) as Entry;
  } catch (error) {
    throw new GatewayError('file.unreadable', `A line of the journal ${file} is damaged.`, { cause: error });
  }
}

async function cutTornLine(file: string, handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  const keep = await endOfLastLine(handle, size);
  if (keep < size) await truncate(file, keep);
}

async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(BLOCK);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - BLOCK);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    const at = block.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}
