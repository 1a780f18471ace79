import { common, msp } from '@hyperledger/fabric-protos';
import { decode } from '../encoding/message.js';
import type { Collection } from './collection.js';

/** Why a lifecycle would not take these collections; undefined when it would. `mspIds` are those of the channel. */
export function reasonAgainstCollections(
  collections: readonly Collection[],
  mspIds: readonly string[],
): string | undefined {
  const names = new Set<string>();
  for (const { name, members, requiredPeerCount, maxPeerCount } of collections) {
    const because = (what: string): string => `collection-name: ${name} -- ${what}`;
    if (names.has(name)) return because('found duplicate in collection configuration');
    names.add(name);
    if (maxPeerCount < requiredPeerCount)
      return because(
        `maximum peer count (${maxPeerCount}) cannot be less than the required peer count (${requiredPeerCount})`,
      );
    const needed = members.getRule() === undefined ? undefined : moreThanOne(members.getRule());
    if (needed !== undefined)
      return because(`error in member org policy: signature policy is not an OR concatenation, NOutOf ${needed}`);
    for (const principal of members.getIdentitiesList()) {
      const mspId = organisationOf(principal);
      if (mspId !== undefined && !mspIds.includes(mspId))
        return because(`collection member '${mspId}' is not part of the channel`);
    }
  }
  return undefined;
}

function moreThanOne(rule: common.SignaturePolicy | undefined): number | undefined {
  const outOf = rule?.getNOutOf();
  if (outOf === undefined) return undefined;
  if (outOf.getN() !== 1) return outOf.getN();
  for (const part of outOf.getRulesList()) {
    const found = moreThanOne(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

function organisationOf(principal: msp.MSPPrincipal): string | undefined {
  return principal.getPrincipalClassification() === msp.MSPPrincipal.Classification.ROLE
    ? decode(msp.MSPRole, principal.getPrincipal_asU8(), 'MSPRole').getMspIdentifier()
    : undefined;
}
