// The name of a file out of `Content-Disposition` (RFC 6266, RFC 8187, RFC 7578), for showing alone: it is never a path.
// Headers come as latin1; what stands there is UTF-8 or, from older programs, GB18030.

// RFC 9110, section 5.6.6: what stands between quotes may look like a parameter.
const PARAMETERS = /;\s*([^=;\s]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/g;
const EXTENDED = /^utf-8'[^']*'(\S+)$/i;

/** Gives the last part of the name; undefined where none is given. */
export function readFileName(disposition: string | undefined): string | undefined {
  const given = new Map<string, string>();
  for (const [, name = '', value = ''] of decode(disposition ?? '').matchAll(PARAMETERS))
    if (!given.has(name.toLowerCase())) given.set(name.toLowerCase(), value.trim());
  const extended = EXTENDED.exec(given.get('filename*') ?? '')?.[1];
  const name = extended === undefined ? unquoted(given.get('filename') ?? '') : percent(extended);
  const last = name.split(/[/\\]/).at(-1)?.trim() ?? '';
  return last === '' ? undefined : last;
}

/** Programs write a path of Windows without doubling its backslashes, so only what must be escaped counts as escaped. */
function unquoted(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replaceAll(/\\(["\\])/g, '$1') : value;
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
