/** The few DER forms that Fabric hashes and signs. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

export function octets(bytes: Uint8Array): Buffer {
  return tagged(0x04, bytes);
}

export function unsigned(value: bigint): Buffer {
  let digits = value.toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  const bytes = Buffer.from(digits, 'hex');
  const negative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return tagged(0x02, negative ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function tagged(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.from([0x80 | digits.length, ...digits]);
}

/**
 * Reads `SEQUENCE { INTEGER r, INTEGER s }` as Go's library does: lengths and numbers have their one shortest form, but
 * what follows, behind the sequence or at its end, is not looked at. Undefined when it is anything else.
 */
export function readSignature(der: Uint8Array): { r: bigint; s: bigint } | undefined {
  const content = readTagged(der, 0x30);
  const r = readInteger(content);
  const s = readInteger(r?.rest);
  return r === undefined || s === undefined ? undefined : { r: r.value, s: s.value };
}

function readTagged(der: Uint8Array | undefined, tag: number): Uint8Array | undefined {
  if (der?.[0] !== tag) return undefined;
  const [, short = 0x80, long = 0] = der;
  const isLong = short === 0x81 && long >= 0x80;
  if (short >= 0x80 && !isLong) return undefined;
  const [at, length] = isLong ? [3, long] : [2, short];
  return at + length > der.length ? undefined : der.subarray(at, at + length);
}

/** A number that is not negative; those of Go's library that are, no signature has. */
function readInteger(der: Uint8Array | undefined): { value: bigint; rest: Uint8Array } | undefined {
  const content = readTagged(der, 0x02);
  if (der === undefined || content === undefined || content.length >= 0x80) return undefined;
  const [first, second = 0] = content;
  if (first === undefined || first >= 0x80) return undefined;
  if (first === 0 && content.length > 1 && second < 0x80) return undefined;
  return { value: BigInt(`0x${Buffer.from(content).toString('hex')}`), rest: der.subarray(2 + content.length) };
}
