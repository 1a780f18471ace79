import { type KeyObject, sign as signWith, verify as verifyWith } from 'node:crypto';
import { readSignature, sequence, unsigned } from '../encoding/asn1.js';

/** Orders of the curves that Fabric signs with. */
const ORDERS: Readonly<Record<string, bigint>> = {
  prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp384r1: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

/** Fabric refuses the upper of the two forms of an ECDSA signature, so that signed bytes have one encoding. */
export function verifySignature(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType === 'ed25519') return verifyWith(null, message, key, signature);
  const order = orderOf(key);
  const numbers = readSignature(signature);
  if (order === undefined || numbers === undefined) return false;
  if (numbers.r <= 0n || numbers.s <= 0n || numbers.s > order >> 1n) return false;
  // Written anew, since OpenSSL refuses what follows the two numbers.
  return verifyWith('sha256', message, key, sequence(unsigned(numbers.r), unsigned(numbers.s)));
}

export function signMessage(key: KeyObject, message: Uint8Array): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return signWith(null, message, key);
  const signature = signWith('sha256', message, key);
  const order = orderOf(key);
  const numbers = readSignature(signature);
  if (order === undefined || numbers === undefined || numbers.s <= order >> 1n) return signature;
  return sequence(unsigned(numbers.r), unsigned(order - numbers.s));
}

/** Whether a P-256 signature is the lower of its two forms. */
export function hasLowS(signature: Uint8Array): boolean {
  const numbers = readSignature(signature);
  const order = ORDERS['prime256v1'];
  return numbers !== undefined && order !== undefined && numbers.s <= order >> 1n;
}

function orderOf(key: KeyObject): bigint | undefined {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return curve === undefined ? undefined : ORDERS[curve];
}
