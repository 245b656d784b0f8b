// Decides in which encoding a file is, from its mark, its bytes and what was declared. A wrong label is
// overridden with a warning or the file is refused: nothing is ever stored as mojibake.
import { GatewayError } from '../core/errors.js';

export const CHARSETS = ['utf-8', 'gb18030', 'utf-16le', 'utf-16be'] as const;
export type Charset = (typeof CHARSETS)[number];

export interface CharsetDecision {
  readonly charset: Charset;
  /** Set where the declared encoding was another one than the bytes show. */
  readonly overridden?: { readonly declared: Charset };
}

const ALIASES: Readonly<Record<string, Charset>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  gb18030: 'gb18030',
  gbk: 'gb18030',
  gb2312: 'gb18030',
  cp936: 'gb18030',
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
};

/** Gives the encoding behind a declared name; undefined where it is unknown. GB18030 contains GBK and GB 2312. */
export function charsetNamed(name: string): Charset | undefined {
  return ALIASES[name.trim().toLowerCase()];
}

export interface CharsetEvidence {
  /** The first bytes of the file. */
  readonly sample: Buffer;
  /** Whether the whole file is well-formed UTF-8. */
  readonly isUtf8: boolean;
  readonly declared: Charset | undefined;
}

/** Decides, or throws `file.not-decodable`. */
export function decideCharset(evidence: CharsetEvidence): CharsetDecision {
  const found = findCharset(evidence);
  const { declared } = evidence;
  const isAscii = found === 'utf-8' && evidence.sample.every((byte) => byte < 0x80);
  if (declared === undefined || declared === found || isAscii) return { charset: found };
  return { charset: found, overridden: { declared } };
}

function findCharset({ sample, isUtf8, declared }: CharsetEvidence): Charset {
  const marked = byMark(sample);
  if (marked === 'utf-8' && !isUtf8) throw notDecodable();
  if (marked !== undefined) return marked;
  if (declared === 'utf-16le' || declared === 'utf-16be') return declared;
  if (isUtf8) return 'utf-8';
  if (looksLikeDamagedUtf8(sample) || !decodesAs('gb18030', sample)) throw notDecodable();
  return 'gb18030';
}

function byMark(sample: Buffer): Charset | undefined {
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) return 'utf-8';
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  return sample[0] === 0xfe && sample[1] === 0xff ? 'utf-16be' : undefined;
}

/** GB18030 text read as UTF-8 is mostly replacement characters; damaged UTF-8 has few of them. */
function looksLikeDamagedUtf8(sample: Buffer): boolean {
  const text = new TextDecoder('utf-8').decode(sample);
  let wide = 0;
  let broken = 0;
  for (const character of text) {
    if (character === '\ufffd') broken += 1;
    else if (character > '\u07ff') wide += 1;
  }
  return wide > broken;
}

function decodesAs(charset: Charset, sample: Buffer): boolean {
  try {
    // The sample may end within a character: `stream` lets that pass.
    new TextDecoder(charset, { fatal: true }).decode(sample, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function notDecodable(): GatewayError {
  return new GatewayError(
    'file.not-decodable',
    'The file is neither well-formed UTF-8 nor GB18030; save it again as CSV UTF-8.',
    { detailZh: '文件既不是有效的 UTF-8 也不是 GB18030，请另存为“CSV UTF-8”后重新上传。' },
  );
}
