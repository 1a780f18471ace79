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

export function noMetadata(chaincode: string, channel: string): string {
  return `No metadata was found for chaincode ${chaincode} in channel ${channel}`;
}

/** The smallest sets of peers that satisfy every policy the transaction falls under, and may see what it reads. */
export function layoutsFor(
  interest: peer.ChaincodeInterest,
  peers: readonly EndorsingPeer[],
  channel: Channel,
  preferred: string | undefined,
): Layout[] {
  const calls = interest.getChaincodesList();
  const policies = calls.flatMap((call) => policiesOf(call, channel));
  const satisfying = (candidates: readonly EndorsingPeer[]): EndorsingPeer[][] =>
    minimalSets(candidates.slice(0, MOST_ORGANISATIONS), (chosen) => {
      const identities = chosen.map((candidate) => candidate.identity);
      return policies.every((policy) => reasonAgainst(policy, identities, channel.policies) === undefined);
    });
  const allowed = peers.filter(
    (candidate) => candidate.isUp() && calls.every((call) => mayRead(call, candidate, channel)),
  );
  const layouts = satisfying(
    allowed.filter((candidate) => calls.every((call) => candidate.endorser.has(call.getName()))),
  );
  if (layouts.length === 0) {
    throw new NoLayout(
      satisfying(allowed).length === 0
        ? 'no peer combination can satisfy the endorsement policy'
        : 'required chaincodes are not installed on sufficient peers',
    );
  }
  const named = shuffled(layouts).map((layout) => layout.map((candidate) => candidate.mspId));
  if (preferred === undefined) return named;
  return [
    ...named.filter((layout) => layout.includes(preferred)),
    ...named.filter((layout) => !layout.includes(preferred)),
  ];
}

function policiesOf(call: peer.ChaincodeCall, channel: Channel): EndorsementPolicy[] {
  const definition = channel.definitions.chaincode(call.getName());
  if (definition === undefined) throw new NoLayout(noMetadata(call.getName(), channel.name));
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
  // Also a definition that refers to a policy which the channel does not have is none to Fabric's discovery.
  if (policies.some((policy) => policy.kind === 'channel' && !channel.policies.knows(policy.reference)))
    throw new NoLayout(noMetadata(call.getName(), channel.name));
  return policies;
}

function mayRead(call: peer.ChaincodeCall, candidate: EndorsingPeer, channel: Channel): boolean {
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
