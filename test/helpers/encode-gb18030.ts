// Encodes text as GB18030, as Excel on a Chinese Windows writes it. Node only decodes it: the table of
// two-byte sequences is made by decoding them all.

let table: Map<string, readonly [number, number]> | undefined;

function twoByteTable(): Map<string, readonly [number, number]> {
  const decoder = new TextDecoder('gb18030');
  const made = new Map<string, readonly [number, number]>();
  for (let lead = 0x81; lead <= 0xfe; lead += 1)
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      const text = decoder.decode(Uint8Array.of(lead, trail));
      if (text.length === 1 && text !== '\ufffd' && !made.has(text)) made.set(text, [lead, trail]);
    }
  return made;
}

/** Encodes a text; throws for characters that need four bytes, which no fixture has. */
export function encodeGb18030(text: string): Buffer {
  table ??= twoByteTable();
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    const pair = table.get(character);
    if (code < 0x80) bytes.push(code);
    else if (pair !== undefined) bytes.push(...pair);
    else throw new Error(`No two-byte form of U+${code.toString(16)}.`);
  }
  return Buffer.from(bytes);
}
