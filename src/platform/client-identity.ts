// Who we are to a server that asks for a certificate: PEM files named in the configuration, read anew whenever one of
// them has changed, so that a renewed certificate holds without a restart.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../core/clock.js';
import type { ClientIdentitySettings } from '../core/configuration.js';
import { GatewayError } from '../core/errors.js';

export interface ClientIdentity {
  readonly cert?: string;
  readonly key?: string;
  /** Authorities by which the server is known, instead of the usual ones. */
  readonly ca?: string;
  /** When our certificate ends. */
  readonly validTo?: Date;
}

type Part = 'cert' | 'key' | 'ca';
type Texts = Readonly<Partial<Record<Part, string>>>;

/**
 * Makes the reader of an identity. It throws `city.unreachable` with a reason of a certificate where a file cannot be
 * read, is none, or our certificate is over.
 */
export function openIdentity(
  settings: ClientIdentitySettings,
  { folder, clock }: { readonly folder: string; readonly clock: Clock },
): () => Promise<ClientIdentity> {
  const files = filesOf(settings, folder);
  let known: { mark: string; identity: ClientIdentity } | undefined;
  return async () => {
    const mark = await markOf(files);
    if (known?.mark !== mark) known = { mark, identity: identityOf(await readTexts(files)) };
    const { validTo } = known.identity;
    if (validTo !== undefined && validTo <= clock()) throw unusable('CERT_OF_OURS_HAS_EXPIRED');
    return known.identity;
  };
}

/** Tells what is wrong with the files of an identity, one sentence each, and when its certificate ends. */
export function checkIdentity(
  settings: ClientIdentitySettings,
  folder: string,
): { readonly problems: readonly string[]; readonly validTo?: Date } {
  const problems: string[] = [];
  const texts: Partial<Record<Part, string>> = {};
  for (const [part, file] of filesOf(settings, folder)) {
    try {
      texts[part] = readFileSync(file, 'utf8');
    } catch (error) {
      problems.push(
        `the file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
      );
    }
  }
  if (problems.length > 0) return { problems };
  try {
    const { validTo } = identityOf(texts);
    return validTo === undefined ? { problems } : { problems, validTo };
  } catch (error) {
    return {
      problems: [WORDS[String((error as GatewayError).details['reason'])] ?? (error as Error).message],
    };
  }
}

function filesOf(settings: ClientIdentitySettings, folder: string): (readonly [Part, string])[] {
  const { certFile, keyFile, caFile } = settings;
  const named = { cert: certFile, key: keyFile, ca: caFile };
  return (Object.entries(named) as [Part, string | undefined][]).flatMap(([part, file]) =>
    file === undefined ? [] : [[part, path.resolve(folder, file)] as const],
  );
}

/** Changes when one of the files does. */
async function markOf(files: readonly (readonly [Part, string])[]): Promise<string> {
  const marks = await Promise.all(
    files.map(async ([, file]) => {
      const { mtimeMs, size, ino } = await stat(file).catch(unreadable);
      return `${mtimeMs} ${size} ${ino}`;
    }),
  );
  return marks.join('\n');
}

async function readTexts(files: readonly (readonly [Part, string])[]): Promise<Texts> {
  const read = files.map(
    async ([part, file]) => [part, await readFile(file, 'utf8').catch(unreadable)] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

const WORDS: Readonly<Record<string, string>> = {
  CERT_IS_NO_CERTIFICATE:
    'certFile or caFile is no PEM certificate, or keyFile no PEM key without a passphrase',
  CERT_AND_KEY_DIFFER: 'keyFile is not the key of certFile',
};

function identityOf({ cert, key, ca }: Texts): ClientIdentity {
  try {
    if (ca !== undefined) new X509Certificate(ca);
    if (cert === undefined || key === undefined) return ca === undefined ? {} : { ca };
    const certificate = new X509Certificate(cert);
    if (!certificate.checkPrivateKey(createPrivateKey(key))) throw unusable('CERT_AND_KEY_DIFFER');
    return { cert, key, ...(ca === undefined ? {} : { ca }), validTo: new Date(certificate.validTo) };
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw unusable('CERT_IS_NO_CERTIFICATE', cause);
  }
}

function unreadable(cause: unknown): never {
  throw unusable('CERT_FILE_UNREADABLE', cause);
}

function unusable(reason: string, cause?: unknown): GatewayError {
  return new GatewayError(
    'city.unreachable',
    'Our certificate or key cannot be used; see the files of the entry.',
    {
      ...(cause === undefined ? {} : { cause }),
      details: { reason },
    },
  );
}
