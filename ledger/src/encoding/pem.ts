const BLOCK =
  /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n((?:[^\n:]*:[^\n]*\n)*)([A-Za-z0-9+/=\s]*?)-----END \1-----[ \t\r]*(?=\n|$)/g;

/**
 * What the first PEM block holds, read as Go does: of whatever type it says it is, with or without headers, and with
 * anything before and behind it. Undefined when there is none.
 */
export function firstPemBlock(bytes: Uint8Array): Buffer | undefined {
  for (const [, , , body = ''] of Buffer.from(bytes).toString('latin1').matchAll(BLOCK)) {
    const digits = body.replaceAll(/\s/g, '');
    if (digits.length % 4 === 0 && /^[^=]*={0,2}$/.test(digits)) return Buffer.from(digits, 'base64');
  }
  return undefined;
}
