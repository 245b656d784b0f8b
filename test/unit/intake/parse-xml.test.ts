// An XML file, piece by piece: elements at the row path are entries, their children or attributes are values.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ReadingLimits } from '../../../src/core/reading-limits.js';
import { parseXml } from '../../../src/intake/parse-xml.js';
import { MAX_ROW_CHARACTERS } from '../../../src/intake/row-length.js';
import {
  failure,
  flood,
  inPieces,
  LIMITS,
  pairs,
  readSoFar,
  UNLIMITED,
  type ReadSoFar,
} from '../../helpers/parsed-entries.js';

interface Reading {
  readonly rowPath?: string;
  readonly size?: number;
  readonly limits?: ReadingLimits;
}

function read(text: string, { rowPath, size, limits = LIMITS }: Reading = {}): Promise<ReadSoFar> {
  return readSoFar(parseXml(inPieces(text, size), { rowPath }, limits));
}

/** Reads one row with this content. */
async function row(content: string, limits?: ReadingLimits): Promise<ReadSoFar> {
  return read(`<DATAS><DATA>${content}</DATA></DATAS>`, limits === undefined ? {} : { limits });
}

async function valueOf(content: string): Promise<string | undefined> {
  const { entries, code } = await row(`<A>${content}</A>`);
  assert.equal(code, undefined, content);
  return entries[0]?.values[0];
}

const NOT_FOUND = 'file.rows-not-found';
const entry = (n: number): string => `<DATA><N>${n}</N><名称>津&lt;</名称><B/></DATA>`;
const entries = (count: number): string => Array.from({ length: count }, (_, i) => entry(i + 1)).join('\n');

describe('the rows of an XML file', () => {
  it('are the elements at the known paths', async () => {
    const declared =
      '<?xml version="1.0" encoding="GBK"?>\n<!-- x --><DATAS>\n<DATA><a>1</a><A>2</A></DATA>\n<X/></DATAS>\n<!-- y -->';
    const result = await read(declared);
    assert.deepEqual(result.entries, [{ row: 1, keys: ['a', 'A'], values: ['1', '2'] }]);
    assert.deepEqual(pairs((await read('<datas><Data><a>1</a></Data></datas>')).entries), [[['a', '1']]]);
    assert.deepEqual(
      (await read(`<R><DATAS>${entries(2)}</DATAS></R>`)).entries.map(({ row: at }) => at),
      [1, 2],
    );
  });

  it('may carry their values as attributes', async () => {
    const packet =
      '<DATAPACKET Version="2.0"><METADATA><FIELDS/></METADATA><ROWDATA><ROW a="1" 名称="&lt;津&#x6d25;"/><ROW a="2"><b>3</b></ROW></ROWDATA></DATAPACKET>';
    assert.deepEqual(pairs((await read(packet)).entries), [
      [
        ['a', '1'],
        ['名称', '<津津'],
      ],
      [
        ['a', '2'],
        ['b', '3'],
      ],
    ]);
  });

  it('are those at the path of the source too', async () => {
    const text = '<RESPONSE><CODE>0</CODE><LIST><ITEM><a>1</a></ITEM></LIST><ITEM><a>2</a></ITEM></RESPONSE>';
    assert.deepEqual(pairs((await read(text, { rowPath: 'RESPONSE/LIST/ITEM' })).entries), [[['a', '1']]]);
    assert.equal((await read(text, { rowPath: 'ITEM' })).entries.length, 2);
    assert.equal((await read(text)).code, NOT_FOUND);
    assert.match((await read(text, { rowPath: 'X/Y' })).message ?? '', /X\/Y/);
  });

  it('are none where their place is empty', async () => {
    for (const text of ['<DATAS/>', '<DATAS>\n</DATAS>', '<DATAPACKET><ROWDATA/></DATAPACKET>'])
      assert.deepEqual(await read(text), { entries: [] });
    for (const text of ['<DATA/>', '<ROW a="1"/>', '<X><DATA/></X>'])
      assert.equal((await read(text)).code, NOT_FOUND);
  });

  it('leave namespaces and what belongs to XML itself aside', async () => {
    const text =
      '<p:DATAS xmlns:p="urn:x" xmlns:xsi="urn:y"><p:DATA xmlns="urn:z" xml:lang="zh" xsi:type="p:T" q="1"><p:a>2</p:a></p:DATA></p:DATAS>';
    assert.deepEqual(pairs((await read(text)).entries), [
      [
        ['q', '1'],
        ['a', '2'],
      ],
    ]);
  });

  it('are read the same whatever the pieces', async () => {
    const text = `<?xml version="1.0"?><DATAS><!-- - -->${entries(2)}<DATA a="x'&amp;y"><N><![CDATA[<]]>]]&gt;\r\n😀&#65;</N></DATA></DATAS>`;
    const whole = pairs((await read(text)).entries);
    assert.equal(whole.length, 3);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: text.length }), async (size) => {
        assert.deepEqual(pairs((await read(text, { size })).entries), whole);
      }),
    );
  });
});

describe('a value of an XML file', () => {
  it('is the text of its element, references resolved and CDATA included', async () => {
    assert.equal(
      await valueOf('a&amp;b &lt;c&gt; &#26085;&#x6d25;<![CDATA[<d>&amp;]]>e'),
      'a&b <c> 日津<d>&amp;e',
    );
    assert.equal(await valueOf('a<!-- b -->c<?d e?>f'), 'acf');
    assert.equal(await valueOf('\n  a \n b\t'), 'a \n b');
    assert.equal(await valueOf('a\r\nb'), 'a\nb');
    assert.equal(await valueOf('a\ufeffb'), 'a\ufeffb');
    assert.equal(await valueOf(''), '');
  });

  it('is nothing where the element says that it is nil', async () => {
    const { entries: read1 } = await row(
      '<A xsi:nil="true">x</A><B xsi:nil="1"/><C xsi:nil="false">y</C><D nil="true">z</D>',
    );
    assert.deepEqual(read1[0]?.values, ['', '', 'y', 'z']);
  });

  it('is no cell where elements stand in it', async () => {
    const { entries: read1 } = await row('<A>x<B>1</B><B>2</B>y</A><C>3</C><D><E><F>4</F></E></D>z');
    assert.deepEqual(read1, [{ row: 1, keys: ['A', 'C', 'D'], values: ['', '3', ''], nested: [0, 2] }]);
  });

  it('takes no text from elsewhere', async () => {
    const text = '<DATAS>x<DATA>y<A/>z<B>1</B></DATA>v<DATA><A/></DATA></DATAS>';
    assert.deepEqual(
      (await read(text)).entries.map(({ values }) => values),
      [['', '1'], ['']],
    );
  });

  it('shares the list of its keys with the row before where it is the same', async () => {
    const { entries: read1 } = await read(`<DATAS>${entries(3)}</DATAS>`);
    assert.equal(read1[2]?.keys, read1[0]?.keys);
  });
});

describe('an XML file that is none', () => {
  it('is refused with a DOCTYPE, whatever it says', async () => {
    const types = [
      '<!DOCTYPE DATAS>',
      '<!DOCTYPE a [<!ENTITY b "c">]>',
      '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x">',
      '<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/passwd"> %b;]>',
    ];
    for (const type of types)
      assert.deepEqual(
        await read(`<?xml version="1.0"?>${type}<DATAS>${entry(1)}</DATAS>`).then(
          ({ code, entries: found }) => [code, found.length],
        ),
        ['file.doctype', 0],
      );
  });

  it('is malformed at the row of its fault', async () => {
    const faults = [
      '<DATA><A>&nbsp;</A></DATA>',
      '<DATA><A>&b;</A></DATA>',
      '<DATA><A>&#xD800;</A></DATA>',
      '<DATA><A>&#0;</A></DATA>',
      '<DATA><A>\u0000</A></DATA>',
      '<DATA><A>a & b</A></DATA>',
      '<DATA><A>1 < 2</A></DATA>',
      '<DATA><A></B></DATA>',
      '<DATA a="1" a="2"/>',
      '<DATA a=1/>',
      '<DATA><1/></DATA>',
      '</DATAS>x',
      '</DATAS><DATAS>',
      '</DATAS></DATAS>',
    ];
    for (const fault of faults)
      for (const size of [7, 65_536]) {
        const result = await read(`<DATAS>${entry(1)}${fault}</DATAS>`, { size });
        assert.deepEqual([result.entries.length, ...failure(result)], [1, 'file.malformed', 2], fault);
      }
  });

  it('is truncated wherever it stops', async () => {
    const text = `<?xml version="1.0"?><DATAS><!-- x -->${entries(2)}<DATA a="1"><![CDATA[x]]></DATA></DATAS>`;
    for (let length = 1; length < text.length; length += 1)
      assert.equal((await read(text.slice(0, length))).code, 'file.truncated', text.slice(0, length));
    assert.equal((await read(`${text}<!-- `)).code, 'file.truncated');
  });

  it('gives the rows before the break, wherever the pieces end', async () => {
    for (const size of [100, 65_536, 10_000_000]) {
      const broken = await read(`<DATAS>${entries(5000)}<DATA><A></DATA>`, { size });
      assert.deepEqual([broken.entries.length, ...failure(broken)], [5000, 'file.malformed', 5001]);
      const cut = await read(`<DATAS>${entries(5000)}<DATA><A>x`, { size });
      assert.deepEqual([cut.entries.length, ...failure(cut)], [5000, 'file.truncated', 5001]);
    }
  });

  it('may have no key twice, and none that is not allowed', async () => {
    const repeated = await row('<A>1</A><B/><A>1</A>');
    assert.deepEqual([repeated.code, repeated.details], ['file.key-repeated', { row: 1, key: 'A' }]);
    assert.equal((await read('<ROWDATA><ROW a="1"><a>1</a></ROW></ROWDATA>')).code, 'file.key-repeated');
    assert.equal((await read('<ROWDATA><ROW p:a="1" q:a="1"/></ROWDATA>')).code, 'file.key-repeated');
    assert.equal((await row('<A><B>1</B><B>2</B></A>')).code, undefined, 'lists within a value');
    assert.equal((await row('<__proto__>1</__proto__>')).code, 'file.key-not-allowed');
    assert.equal((await read('<ROWDATA><ROW __proto__="1"/></ROWDATA>')).code, 'file.key-not-allowed');
    assert.deepEqual((await row('<constructor>1</constructor>')).entries[0]?.values, ['1']);
    assert.deepEqual((await read('<ROWDATA><ROW constructor="1"/></ROWDATA>')).entries[0]?.values, ['1']);
  });
});

describe('the limits of an XML file', () => {
  const deep = (levels: number): string => '<a>'.repeat(levels) + '</a>'.repeat(levels);

  it('count the nesting from the root', async () => {
    assert.equal((await row(deep(14))).entries.length, 1);
    assert.deepEqual(failure(await row(deep(15))), ['file.limit-exceeded', 1]);
    assert.equal((await read(deep(17))).code, 'file.limit-exceeded');
    assert.equal((await row(deep(2000), UNLIMITED)).entries.length, 1, 'with the limit lifted');
  });

  it('hold the columns and cells, as elements and as attributes', async () => {
    const limits = { ...LIMITS, maxColumns: 2, maxCellCharacters: 10 };
    const three = [
      '<DATAS><DATA><a/><b/><c/></DATA></DATAS>',
      '<DATAS><DATA a="" b="" c=""/></DATAS>',
      '<DATAS><DATA a="" b=""><c/></DATA></DATAS>',
    ];
    const long = ['<DATAS><DATA><a>12345678901</a></DATA></DATAS>', '<DATAS><DATA a="12345678901"/></DATAS>'];
    for (const text of three)
      assert.deepEqual(failure(await read(text, { limits })), ['file.too-large', 1], text);
    for (const text of long)
      assert.deepEqual(failure(await read(text, { limits })), ['file.limit-exceeded', 1], text);
    for (const text of [...three, ...long])
      assert.equal((await read(text, { limits: UNLIMITED })).entries.length, 1, 'with the limits lifted');
  });

  it('stop at a row longer than the longest, whatever makes it long', async () => {
    const limits = { ...UNLIMITED, maxDepth: 16 };
    const kilobytes = (piece: string): string => piece.repeat(Math.ceil(65_536 / piece.length));
    const heads: readonly (readonly [head: string, piece: string])[] = [
      ['<DATA><A>', 'x'],
      ['<DATA><A><![CDATA[', 'x'],
      ['<DATA><A>', '&lt;'],
      ['<DATA><A>', '<b/>'],
      ['<DATA>', '<a>xxxxxxxxxxxxxx</a>'],
      ['<DATA><A', 'x'],
      ['<DATA a="', 'x'],
      ['<DATA><!--', 'x'],
      ['<!--', 'x'],
      ['<?x ', 'x'],
      ['', 'x'],
      ['', '&lt;'],
    ];
    for (const [head, piece] of heads) {
      const { text, taken } = flood(`<DATAS>${entry(1)}${head}`, kilobytes(piece), 1600);
      const result = await readSoFar(parseXml(text, { rowPath: undefined }, limits));
      assert.deepEqual(
        [result.entries.length, ...failure(result)],
        [1, 'file.row-too-long', 2],
        head + piece,
      );
      assert.ok(taken() <= 18, `${head} took ${taken()} pieces`);
    }
  });

  it('take a long row that is not too long, and any number of others', async () => {
    const long = `<DATA><A><B>${'x'.repeat(MAX_ROW_CHARACTERS - 70_000)}</B></A></DATA>`;
    assert.equal((await read(`<DATAS>${long}${long}${entries(3)}</DATAS>`)).entries.length, 5);
  });
});
