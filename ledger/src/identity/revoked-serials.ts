import { MalformedMessage } from '../encoding/message.js';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/**
 * The serial numbers in a CRL (RFC 5280, 5.1), in hex. Read here and not by the certificate library, which takes a list
 * without nextUpdate for one that revokes nobody.
 */
export function revokedSerials(der: Uint8Array): string[] {
  const [list] = elements(Buffer.from(der));
  const [toBeSigned] = list === undefined ? [] : elements(list.content);
  if (toBeSigned?.tag !== SEQUENCE) throw new MalformedMessage('not a certificate list');
  const fields = elements(toBeSigned.content);
  const lastTime = fields.findLastIndex(({ tag }) => tag === UTC_TIME || tag === GENERALIZED_TIME);
  if (lastTime < 0) throw new MalformedMessage('a certificate list without a time');
  const revoked = fields[lastTime + 1];
  if (revoked?.tag !== SEQUENCE) return [];
  return elements(revoked.content).map((entry) => {
    const [serial] = elements(entry.content);
    if (serial?.tag !== INTEGER) throw new MalformedMessage('a revoked certificate without a serial number');
    return serial.content.toString('hex');
  });
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const { tag, start, end } = headerAt(bytes, at);
    found.push({ tag, content: bytes.subarray(start, end) });
    at = end;
  }
  return found;
}

function headerAt(bytes: Buffer, at: number): { tag: number; start: number; end: number } {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new MalformedMessage('truncated DER');
  const width = first < 0x80 ? 0 : first & 0x7f;
  if (width > 4 || at + 2 + width > bytes.length) throw new MalformedMessage('bad DER length');
  const length = width === 0 ? first : bytes.readUIntBE(at + 2, width);
  const start = at + 2 + width;
  if (first === 0x80 || start + length > bytes.length) throw new MalformedMessage('bad DER length');
  return { tag, start, end: start + length };
}
