import type { Identity } from '../identity/identity.js';
import type { Membership } from '../identity/membership.js';

export interface SignedData {
  readonly data: Uint8Array;
  readonly identity: Uint8Array;
  readonly signature: Uint8Array;
}

/** The distinct identities whose signatures hold; a policy counts each of them once. */
export function verifiedIdentities(signed: readonly SignedData[], membership: Membership): Identity[] {
  const identities = new Map<string, Identity>();
  for (const { data, identity: serialized, signature } of signed) {
    const identity = readable(serialized, membership);
    if (identity === undefined || identities.has(identity.key)) continue;
    if (identity.verify(data, signature)) identities.set(identity.key, identity);
  }
  return [...identities.values()];
}

function readable(serialized: Uint8Array, membership: Membership): Identity | undefined {
  try {
    return membership.identityOf(serialized);
  } catch {
    return undefined;
  }
}
