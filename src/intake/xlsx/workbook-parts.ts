// Finds the parts of a workbook: its sheets in their order, its shared strings and its styles, by the
// relationships that name them, never by where Excel happens to put them.
import { MAIN, OFFICE_DOCUMENT, RELATIONSHIP_ID, SHARED_STRINGS, STYLES, WORKSHEET } from './office-names.js';
import { readRelationships, type Relationship } from './relationships.js';
import { refuseForeignZip, type ContentTypes } from './workbook-kind.js';
import { malformed } from './workbook-faults.js';
import { readXmlPart } from './xml-part.js';
import type { ZipEntries } from './zip-entries.js';

interface SheetPart {
  readonly name: string;
  /** The entry of the ZIP file that holds it. */
  readonly path: string;
  readonly isVisible: boolean;
}

export interface WorkbookParts {
  readonly sheets: readonly SheetPart[];
  readonly date1904: boolean;
  readonly sharedStrings: string | undefined;
  readonly styles: string | undefined;
}

const CONTENT_TYPES = '[Content_Types].xml';

/** Finds the parts; throws `upload.type-not-supported` where the ZIP file is no workbook that is read. */
export async function findParts(zip: ZipEntries): Promise<WorkbookParts> {
  const types = await readContentTypes(zip);
  const main = targetOf(await readRelationships(zip, ''), OFFICE_DOCUMENT);
  refuseForeignZip(zip.names, types, main);
  if (main === undefined) throw malformed('no workbook');
  const relationships = await readRelationships(zip, main);
  return {
    ...(await readWorkbook(zip, main, relationships)),
    sharedStrings: targetOf(relationships, SHARED_STRINGS),
    styles: targetOf(relationships, STYLES),
  };
}

async function readContentTypes(zip: ZipEntries): Promise<ContentTypes | undefined> {
  const pieces = zip.read(CONTENT_TYPES);
  if (pieces === undefined) return undefined;
  const parts = new Map<string, string>();
  const extensions = new Map<string, string>();
  await readXmlPart(pieces, CONTENT_TYPES, ({ local, attribute }) => {
    const type = attribute('ContentType') ?? '';
    if (local === 'Override') parts.set((attribute('PartName') ?? '').toLowerCase().replace(/^\//, ''), type);
    if (local === 'Default') extensions.set((attribute('Extension') ?? '').toLowerCase(), type);
  });
  return { parts, extensions };
}

function targetOf(relationships: readonly Relationship[], types: readonly string[]): string | undefined {
  return relationships.find(({ type }) => types.includes(type))?.target;
}

async function readWorkbook(
  zip: ZipEntries,
  part: string,
  relationships: readonly Relationship[],
): Promise<Pick<WorkbookParts, 'sheets' | 'date1904'>> {
  const pieces = zip.read(part);
  if (pieces === undefined) throw malformed('no workbook', { part });
  const names = new Set(zip.names.map((name) => name.toLowerCase()));
  const paths = new Map(relationships.filter(isSheetIn(names)).map(({ id, target }) => [id, target]));
  const sheets: SheetPart[] = [];
  let date1904 = false;
  await readXmlPart(pieces, part, ({ local, namespace, attribute, attributeOf }) => {
    if (!MAIN.includes(namespace)) return;
    if (local === 'workbookPr') date1904 = isTrue(attribute('date1904'));
    const path = local === 'sheet' ? paths.get(attributeOf(RELATIONSHIP_ID, 'id') ?? '') : undefined;
    if (path === undefined) return;
    sheets.push({
      name: attribute('name') ?? '',
      path,
      isVisible: (attribute('state') ?? 'visible') === 'visible',
    });
  });
  return { sheets, date1904 };
}

/** A chart sheet is no worksheet, and some writers name sheets that they left out. */
function isSheetIn(names: ReadonlySet<string>): (relationship: Relationship) => boolean {
  return ({ type, target }) => WORKSHEET.includes(type) && names.has(target.toLowerCase());
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true' || value === 'on';
}
