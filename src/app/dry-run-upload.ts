// A dry run over HTTP: the body lies on disk, encrypted, for as long as it is looked at, and is gone
// whatever comes of it.
import { randomUUID } from 'node:crypto';
import type { Upload } from '../http/deps.js';
import { charsetNamed } from '../intake/charset.js';
import { storeBytes } from '../intake/store-bytes.js';
import { DRY_RUN } from '../platform/originals.js';
import { validateDelivery, type ValidationReport } from './dry-run.js';
import type { Foundation } from './gateway.js';

/** Validates an upload; throws the errors with which its intake would refuse it. */
export async function dryRunUpload(upload: Upload, foundation: Foundation): Promise<ValidationReport> {
  const { site, storage, clock, log } = foundation;
  const { configuration } = site;
  const source = configuration.sources.find(({ id }) => id === upload.sourceId);
  if (source === undefined) throw new Error('The route has not looked for the source.');
  const id = `${DRY_RUN}${randomUUID()}`;
  const maxBytes = source.maxUploadBytes ?? configuration.gateway.maxUploadBytes;
  try {
    const { isUtf8 } = await storeBytes(id, { ...upload, maxBytes }, storage.originals);
    const declaredCharset = upload.charset === undefined ? undefined : charsetNamed(upload.charset);
    const bytes = await storage.originals.open(id);
    return await validateDelivery(
      { source, bytes, isUtf8, declaredCharset, declaredFormat: upload.format },
      { site, clock },
    );
  } finally {
    await storage.originals
      .remove(id)
      .catch((error: unknown) => log.error({ err: error }, 'Bytes of a dry run could not be removed'));
  }
}
