import type { peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import { type EndorsementPolicy, reasonAgainst, signaturePolicy } from '../policy/application-policy.js';
import type { EndorsingPeer } from './endorsing-peer.js';
import type { Layout } from './endorsement-plan.js';

/** Sets of organisations are tried one by one, so their number has a bound. */
const MOST_ORGANISATIONS = 16;

export class NoLayout extends Error {
  override readonly name = 'NoLayout';
}

/** The smallest sets of peers that satisfy every policy the transaction falls under, and may see what it reads. */
export function layoutsFor(
  interest: peer.ChaincodeInterest,
  peers: readonly EndorsingPeer[],
  channel: Channel,
  preferred: string,
): Layout[] {
  const calls = interest.getChaincodesList();
  const policies = calls.flatMap((call) => policiesOf(call, channel));
  const eligible = peers
    .filter((candidate) => calls.every((call) => mayServe(call, candidate, channel)))
    .slice(0, MOST_ORGANISATIONS);
  const layouts = minimalSets(eligible, (chosen) => {
    const identities = chosen.map((candidate) => candidate.identity);
    return policies.every((policy) => reasonAgainst(policy, identities, channel.policies) === undefined);
  });
  if (layouts.length === 0) {
    throw new NoLayout(
      'no combination of peers can be derived which satisfy the endorsement policy: no peer combination can satisfy the endorsement policy',
    );
  }
  const named = shuffled(layouts).map((layout) => layout.map((candidate) => candidate.mspId));
  return [
    ...named.filter((layout) => layout.includes(preferred)),
    ...named.filter((layout) => !layout.includes(preferred)),
  ];
}

function policiesOf(call: peer.ChaincodeCall, channel: Channel): EndorsementPolicy[] {
  const definition = channel.definitions.chaincode(call.getName());
  if (definition === undefined)
    throw new NoLayout(
      `no combination of peers can be derived which satisfy the endorsement policy: no metadata was found for chaincode ${call.getName()} in channel ${channel.name}`,
    );
  const policies: EndorsementPolicy[] = call.getKeyPoliciesList().map(signaturePolicy);
  const collections = call.getCollectionNamesList();
  if (collections.length > 0) {
    for (const name of collections)
      policies.push(
        channel.definitions.endorsementOf(definition, channel.definitions.requireCollection(definition.name, name)),
      );
  } else if (!call.getDisregardNamespacePolicy()) {
    policies.push(definition.endorsement);
  }
  return policies;
}

function mayServe(call: peer.ChaincodeCall, candidate: EndorsingPeer, channel: Channel): boolean {
  if (!candidate.isUp() || !candidate.endorser.has(call.getName())) return false;
  if (call.getNoPrivateReads()) return true;
  return call
    .getCollectionNamesList()
    .every((name) =>
      channel.definitions.isMember(channel.definitions.requireCollection(call.getName(), name), candidate.identity),
    );
}

function minimalSets<T>(all: readonly T[], satisfies: (chosen: readonly T[]) => boolean): T[][] {
  const found: number[] = [];
  const masks = Array.from({ length: 2 ** all.length - 1 }, (_, i) => i + 1).sort((a, b) => bits(a) - bits(b));
  for (const mask of masks) {
    if (found.some((smaller) => (smaller & mask) === smaller)) continue;
    if (satisfies(all.filter((_, i) => (mask & (1 << i)) !== 0))) found.push(mask);
  }
  return found.map((mask) => all.filter((_, i) => (mask & (1 << i)) !== 0));
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest > 0; rest &= rest - 1) count++;
  return count;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
