/** Half of the order of the curve P-256. */
const halfOrder = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n >> 1n;

/** Whether a DER-encoded ECDSA P-256 signature is the smaller of the two that are equally valid. */
export function hasLowS(signature: Uint8Array): boolean {
  const r = integerAt(signature, 2);
  const s = integerAt(signature, r.end);
  return s.value <= halfOrder;
}

/** DER: tag 2, a length below 128 (P-256 needs at most 33), then big-endian bytes. */
function integerAt(der: Uint8Array, offset: number): { value: bigint; end: number } {
  const length = der[offset + 1];
  if (der[offset] !== 2 || length === undefined || length > 33) throw new Error('not an ECDSA P-256 signature');
  const start = offset + 2;
  const bytes = Buffer.from(der.subarray(start, start + length));
  return { value: BigInt(`0x${bytes.toString('hex')}`), end: start + length };
}
