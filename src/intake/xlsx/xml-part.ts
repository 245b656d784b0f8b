// Reads one of a workbook's small XML parts, element by element, with namespaces resolved. What a hostile part
// could grow (its size, its elements, its depth, its attributes) is bounded.
import { SaxesParser } from 'saxes';
import { GatewayError } from '../../core/errors.js';
import { overLimit } from '../../core/reading-limits.js';
import { asUtf8, checkDeclaration } from './part-text.js';
import { hasDoctype, malformed } from './workbook-faults.js';

export interface XmlElement {
  readonly local: string;
  readonly namespace: string;
  /** 1 for the root. */
  readonly depth: number;
  /** Gives an attribute without a prefix. */
  attribute(name: string): string | undefined;
  /** Gives an attribute of one of these namespaces. */
  attributeOf(namespaces: readonly string[], name: string): string | undefined;
}

/** Styles of a workbook with all 64,000 formats that Excel allows take 13 MB. */
const MAX_BYTES = 16_777_216;
/** All formats and styles that Excel allows, each with its two children. */
const MAX_ELEMENTS = 400_000;
const MAX_DEPTH = 64;
const MAX_ATTRIBUTES = 1_000;

/** Reads a part; `onElement` sees every start tag in order. */
export async function readXmlPart(
  pieces: AsyncIterable<Buffer>,
  part: string,
  onElement: (element: XmlElement) => void,
): Promise<void> {
  const parser = createParser(part, onElement);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let read = 0;
  for await (const piece of asUtf8(pieces, part)) {
    read += piece.length;
    if (read > MAX_BYTES) throw overLimit('maxUnpackedBytes', MAX_BYTES);
    parsing(part, () => parser.write(decoder.decode(piece, { stream: true })));
  }
  parsing(part, () => parser.write(decoder.decode()).close());
}

function createParser(
  part: string,
  onElement: (element: XmlElement) => void,
): SaxesParser<{ xmlns: true; position: false }> {
  const parser = new SaxesParser({ xmlns: true, position: false });
  let depth = 0;
  let elements = 0;
  let attributes = 0;
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined) checkDeclaration(`xml encoding="${encoding}"`, part);
  });
  parser.on('doctype', () => {
    throw hasDoctype(part);
  });
  parser.on('opentagstart', () => {
    attributes = 0;
    depth += 1;
    elements += 1;
    // A small element costs more than its bytes.
    if (elements > MAX_ELEMENTS) throw overLimit('maxUnpackedBytes', MAX_BYTES);
    if (depth > MAX_DEPTH) throw malformed('elements nested too deeply', { part });
  });
  parser.on('attribute', () => {
    attributes += 1;
    if (attributes > MAX_ATTRIBUTES) throw malformed('a tag with too many attributes', { part });
  });
  parser.on('opentag', (tag) => {
    const { attributes: all } = tag;
    onElement({
      local: tag.local,
      namespace: tag.uri,
      depth,
      // Looked for only when asked: a hostile part has hundreds of thousands of elements.
      attribute: (name) => (all[name]?.prefix === '' ? all[name].value : undefined),
      attributeOf: (namespaces, name) =>
        Object.values(all).find(({ uri, local }) => local === name && namespaces.includes(uri))?.value,
    });
  });
  parser.on('closetag', () => {
    depth -= 1;
  });
  return parser;
}

/** saxes and the decoder throw plain errors, whose text may quote the part. */
function parsing(part: string, parse: () => void): void {
  try {
    parse();
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : malformed('an XML part', { part, cause });
  }
}
