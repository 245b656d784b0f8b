// The name of a file out of `Content-Disposition` (RFC 6266, RFC 8187, RFC 7578), for showing alone: it is never a path.
// Headers come as latin1; what stands there is UTF-8 or, from older programs, GB18030.
const PLAIN = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i;
const EXTENDED = /;\s*filename\*\s*=\s*utf-8'[^']*'([^\s;]+)/i;

/** Gives the last part of the name; undefined where none is given. */
export function readFileName(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  const extended = EXTENDED.exec(withoutTexts(disposition))?.[1];
  const [, quoted, bare] = PLAIN.exec(disposition) ?? [];
  const name =
    extended === undefined ? decode(quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '') : percent(extended);
  const last = name.split(/[/\\]/).at(-1)?.trim() ?? '';
  return last === '' ? undefined : last;
}

/** What stands between quotes may look like a parameter. */
function withoutTexts(disposition: string): string {
  return disposition.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
}

function percent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function decode(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}
