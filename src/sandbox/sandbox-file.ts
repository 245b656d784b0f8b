// `DATA_DIR/sandbox.json`: addresses and keys of a sandbox, so that an integrator can start at once. The
// keys survive restarts; the file is written whole (temporary name, then rename) with mode 0600.
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SandboxFile {
  readonly url: string;
  /** The city's platform, and its key: for the gateway's feed and for the platform itself. */
  readonly city: { readonly url: string; readonly key: string };
  readonly operator: { readonly key: string };
  readonly agencies: Readonly<Record<string, { readonly key: string; readonly webhookSecret: string }>>;
}

export type SandboxKeys = Pick<SandboxFile, 'operator' | 'agencies'> & {
  readonly city: { readonly key: string };
};

const FILE = 'sandbox.json';

/** Gives the keys of an earlier sandbox in this folder, new ones for whoever has none yet. */
export async function readSandboxKeys(folder: string, agencies: readonly string[]): Promise<SandboxKeys> {
  const earlier = await readSandboxFile(folder);
  return {
    city: { key: earlier?.city.key ?? newKey('city') },
    operator: { key: earlier?.operator.key ?? newKey('operator') },
    agencies: Object.fromEntries(
      agencies.map((id) => [
        id,
        earlier?.agencies[id] ?? { key: newKey('agency'), webhookSecret: newSecret() },
      ]),
    ),
  };
}

/** Reads the file of a sandbox; undefined where there is none yet. */
export async function readSandboxFile(folder: string): Promise<SandboxFile | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, FILE), 'utf8')) as SandboxFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the file of a sandbox. */
export async function writeSandboxFile(folder: string, content: SandboxFile): Promise<void> {
  const temporary = join(folder, `.${FILE}.${randomBytes(6).toString('hex')}`);
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, join(folder, FILE));
}

function newKey(role: string): string {
  return `cxg_${role}_${randomBytes(32).toString('base64url')}`;
}

/** Secrets of Standard Webhooks are base64 behind `whsec_`. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
