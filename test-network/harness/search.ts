import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The forms in which a secret may have been written down: raw, hex, and base64 at each alignment. */
function formsOf(secret: string): Buffer[] {
  const bytes = Buffer.from(secret, 'utf8');
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // The characters at either end also depend on the neighbours.
    return encoded.slice(shift === 0 ? 0 : 4, Math.floor(((bytes.length + shift) * 4) / 3 / 4) * 4);
  });
  const urlSafe = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [bytes, ...[hex, hex.toUpperCase(), ...base64, ...urlSafe].map((text) => Buffer.from(text))];
}

/** Whether the content holds the secret in any form, also inside gzip members. */
export function contains(content: Buffer, secret: string): boolean {
  const forms = formsOf(secret);
  if (forms.some((form) => content.includes(form))) return true;
  // RFC 1952: a gzip member starts with 1f 8b 08.
  for (let at = content.indexOf('1f8b08', 0, 'hex'); at !== -1; at = content.indexOf('1f8b08', at + 1, 'hex')) {
    try {
      const inner = gunzipSync(content.subarray(at));
      if (forms.some((form) => inner.includes(form))) return true;
    } catch {
      // Three bytes that only look like one.
    }
  }
  return false;
}

/** The files below a folder that hold the secret, as paths relative to it. */
export async function filesWith(folder: string, secret: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // The ledger goes on while it is searched: a compaction may take a file away.
    const content = await readFile(path).catch(() => Buffer.alloc(0));
    if (contains(content, secret)) found.push(path.slice(folder.length + 1));
  }
  return found;
}
