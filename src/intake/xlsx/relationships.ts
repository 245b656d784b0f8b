// The relationships of a part: which other parts belong to it, under which ids.
import { readXmlPart } from './xml-part.js';
import type { ZipEntries } from './zip-entries.js';

export interface Relationship {
  readonly id: string;
  readonly type: string;
  /** Name of the entry it leads to. */
  readonly target: string;
}

/** Reads the relationships of a part (of the package itself where it is ''); none where it has no such list. */
export async function readRelationships(zip: ZipEntries, part: string): Promise<Relationship[]> {
  const folder = folderOf(part);
  const name = `${folder}_rels/${part.slice(folder.length)}.rels`;
  const pieces = zip.read(name);
  const found: Relationship[] = [];
  if (pieces === undefined) return found;
  await readXmlPart(pieces, name, ({ local, attribute }) => {
    const target = attribute('Target');
    if (local !== 'Relationship' || target === undefined || attribute('TargetMode') === 'External') return;
    found.push({
      id: attribute('Id') ?? '',
      type: attribute('Type') ?? '',
      target: resolveTarget(folder, target),
    });
  });
  return found;
}

function folderOf(part: string): string {
  return part.slice(0, part.lastIndexOf('/') + 1);
}

/** A target is absolute (`/xl/…`) or relative to the folder of its part. */
function resolveTarget(folder: string, target: string): string {
  const path = target.replaceAll('\\', '/');
  const steps: string[] = [];
  for (const step of (path.startsWith('/') ? path : folder + path).split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return steps.join('/');
}
