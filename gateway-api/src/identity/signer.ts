import type { Signer } from '@hyperledger/fabric-gateway';
import { createPrivateKey, sign } from 'node:crypto';

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const halfOrder = order >> 1n;

/**
 * Signs whole messages (hash `none`) with ECDSA P-256 and SHA-256 in native code. The library's own signer is
 * JavaScript, a millisecond for each of a transaction's three signatures.
 */
export function newSigner(privateKeyPem: string): Signer {
  const key = createPrivateKey(privateKeyPem);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error('the identity has no ECDSA P-256 key');
  }
  return (message) => Promise.resolve(lowS(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })));
}

/** DER of a signature whose S is in the lower half: Fabric's BCCSP refuses the other one of the two. */
function lowS(signature: Buffer): Uint8Array {
  const r = signature.subarray(0, 32);
  const s = BigInt(`0x${signature.toString('hex', 32)}`);
  const low = s > halfOrder ? Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex') : signature.subarray(32);
  const body = Buffer.concat([derInteger(r), derInteger(low)]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

function derInteger(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  const positive = (digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
  return Buffer.concat([Buffer.of(0x02, positive.length), positive]);
}
