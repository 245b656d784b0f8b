// The scanner of the two hot parts: whatever the pieces, the same events, and the same as saxes has.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { isGatewayError } from '../../../../src/core/errors.js';
import { codeOf } from '../../../../src/intake/xlsx/name-code.js';
import { attributeText } from '../../../../src/intake/xlsx/xml-tag.js';
import { createXmlScanner } from '../../../../src/intake/xlsx/xml-scanner.js';

const NAMES = ['a', 'row', 'c', 'x:v', 'é', '中文', 'a-b.c_1'];
const ATTRIBUTES = ['r', 's', 'xml:space', '属性'];

/** Scans a document in pieces of these sizes, over and over; gives its events with adjacent text joined. */
function scan(xml: Buffer, sizes: readonly number[]): string[] {
  const events: string[] = [];
  let text: Buffer[] = [];
  const flush = (): void => {
    if (text.length > 0) events.push(Buffer.concat(text).toString());
    text = [];
  };
  const scanner = createXmlScanner('part', {
    open: (name, depth, attributes) => {
      flush();
      const found = ATTRIBUTES.map((attribute) => attributeText(attributes, attribute));
      events.push(`<${name} ${depth} ${JSON.stringify(found)}`);
    },
    close: (name, depth) => {
      flush();
      events.push(`>${name} ${depth}`);
    },
    text: (bytes, start, end) => void text.push(Buffer.from(bytes.subarray(start, end))),
  });
  let turn = 0;
  for (let at = 0; at < xml.length;) {
    const size = sizes[turn % sizes.length] ?? 1;
    scanner.write(xml.subarray(at, at + size));
    at += size;
    turn += 1;
  }
  scanner.end();
  return events;
}

function scanWithSaxes(xml: string): string[] {
  const events: string[] = [];
  let depth = 0;
  let text = '';
  const flush = (): void => {
    if (text !== '') events.push(text);
    text = '';
  };
  const parser = new SaxesParser({ position: false });
  parser.on('opentag', ({ name, attributes }) => {
    flush();
    depth += 1;
    const found = ATTRIBUTES.map((attribute) => attributes[attribute]);
    events.push(`<${codeOf(name)} ${depth} ${JSON.stringify(found)}`);
  });
  parser.on('closetag', ({ name }) => {
    flush();
    events.push(`>${codeOf(name)} ${depth}`);
    depth -= 1;
  });
  const add = (piece: string): void => {
    if (depth > 0) text += piece;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.write(xml).close();
  return events;
}

const safeText = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((text) => text.replaceAll(/[<&>\p{Cc}\p{Cs}\ufffe\uffff]/gu, ''));
const content = fc.oneof(
  safeText,
  fc.constantFrom('&amp;', '&lt;', '&#20013;', '&#x1F600;', '&apos;', '\r\n', '\r', '\n', '\t'),
  fc.constantFrom('<!-- > -- x -->'.replace(' -- ', ' - '), '<![CDATA[<&]] >]]>', '<?pi some > thing?>'),
);
const attribute = fc
  .tuple(fc.constantFrom('"', "'"), safeText, fc.constantFrom('', ' ', '\n'))
  .map(([quote, value, blank]) => `${blank}=${blank}${quote}${value.replaceAll(/["']/g, '')}${quote}`);
const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      fc.constantFrom(...NAMES),
      fc.subarray(ATTRIBUTES),
      fc.array(attribute, { minLength: 4, maxLength: 4 }),
      fc.array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, content, tie('element')), {
        maxLength: 5,
      }),
      fc.constantFrom('', ' '),
    )
    .map(([name, attributes, values, children, blank]) => {
      const tag = `${name}${attributes.map((own, i) => ` ${own}${values[i]}`).join('')}${blank}`;
      return children.length === 0 ? `<${tag}/>` : `<${tag}>${children.join('')}</${name}${blank}>`;
    }),
}));
const xmlDocument = element.map((root) => `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n<!-- end -->`);
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('the XML scanner', () => {
  it('gives the same events whatever the pieces', () => {
    fc.assert(
      fc.property(xmlDocument, sizes, (xml, cut) => {
        const bytes = Buffer.from(xml);
        assert.deepEqual(scan(bytes, cut), scan(bytes, [bytes.length]));
      }),
      { numRuns: 300 },
    );
  });

  it('hears what saxes hears', () => {
    fc.assert(
      fc.property(xmlDocument, (xml) => {
        assert.deepEqual(scan(Buffer.from(xml), [7]), scanWithSaxes(xml));
      }),
      { numRuns: 300 },
    );
  });

  it('takes no part of a document for a document', () => {
    fc.assert(
      fc.property(element, fc.nat(), sizes, (root, place, cut) => {
        const bytes = Buffer.from(root);
        assert.throws(
          () => scan(bytes.subarray(0, place % bytes.length), cut),
          (error) => isGatewayError(error, 'file.malformed'),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('takes nothing that saxes refuses, but for what no sheet has', () => {
    const junk = fc.constantFrom(
      '<',
      '>',
      '&',
      ';',
      '"',
      "'",
      '/',
      '=',
      ' ',
      '<!',
      '<a',
      '</',
      '<?',
      '&#0;',
      '&x;',
      '\u0001',
    );
    fc.assert(
      fc.property(element, fc.nat(), junk, sizes, (root, place, piece, cut) => {
        const at = place % (root.length + 1);
        const xml = root.slice(0, at) + piece + root.slice(at);
        if (/[\ud800-\udbff]$/.test(root.slice(0, at))) return;
        const refusal = refusalOf(() => scanWithSaxes(xml));
        if (refusal === undefined || /name|qualified|"]]>"|instruction|comment|--/i.test(refusal)) return;
        assert.throws(() => scan(Buffer.from(xml), cut), `${refusal}: ${xml}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('goes 64 elements deep, and not one deeper', () => {
    const deep = (levels: number): Buffer => Buffer.from('<a>'.repeat(levels) + '</a>'.repeat(levels));
    assert.equal(scan(deep(64), [9]).length, 128);
    assert.throws(() => scan(deep(65), [9]), /nested too deeply/);
  });
});

function refusalOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return String(error);
  }
}
