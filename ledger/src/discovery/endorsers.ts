import { common, type msp, type peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import { type ChaincodeDefinition, LIFECYCLE } from '../definition/chaincode.js';
import { implicitOwner } from '../definition/collection.js';
import { hex } from '../encoding/digest.js';
import { decode } from '../encoding/message.js';
import type { EndorsingPeer } from '../gateway/endorsing-peer.js';
import type { EndorsementPolicy } from '../policy/application-policy.js';
import { anyRole } from '../policy/channel-policies.js';
import { mergedSets } from '../policy/merged-sets.js';
import { type PrincipalSet, satisfyingSets } from '../policy/satisfying-sets.js';
import { rolePrincipal } from '../policy/syntax.js';

/** So many peers of each group are enough. */
export type Layout = ReadonlyMap<string, number>;

/** Who can endorse together. A group is named by the principal that its peers satisfy. */
export interface EndorsementDescriptor {
  readonly layouts: readonly Layout[];
  readonly endorsersByGroup: ReadonlyMap<string, readonly EndorsingPeer[]>;
}

export class NoEndorsers extends Error {
  override readonly name = 'NoEndorsers';
}

export function noMetadata(chaincode: string, channel: string): string {
  return `No metadata was found for chaincode ${chaincode} in channel ${channel}`;
}

/** Results that are not kept: they are large, or some of their combinations were left out at random. */
const MOST_SETS_KEPT = 1000;
const MOST_KEPT = 1000;

/** What a channel's peers know about who can endorse what: the answers of Fabric's discovery. */
export class Endorsers {
  private readonly kept = new Map<string, readonly PrincipalSet[]>();

  constructor(
    private readonly channel: Channel,
    private readonly peers: readonly EndorsingPeer[],
  ) {}

  /** Throws with Fabric's words when no combination of the peers that are up would do. */
  descriptor(interest: peer.ChaincodeInterest): EndorsementDescriptor {
    const calls = interest.getChaincodesList();
    const allowed = this.allowed(calls);
    const groups = new Map<string, readonly EndorsingPeer[]>();
    const layouts = this.setsFor(calls).map((set) => {
      const layout = new Map<string, number>();
      for (const { key, message } of set) {
        layout.set(key, (layout.get(key) ?? 0) + 1);
        if (!groups.has(key)) groups.set(key, satisfying(allowed, message));
      }
      return layout;
    });
    const satisfiable = layouts.filter((layout) => isSatisfiable(layout, groups));
    if (satisfiable.length === 0) throw new NoEndorsers('no peer combination can satisfy the endorsement policy');
    const endorsersByGroup = new Map(
      [...groups].map(([group, members]) => [group, members.filter((member) => runsAll(member, calls))]),
    );
    const served = satisfiable.filter((layout) => isSatisfiable(layout, endorsersByGroup));
    if (served.length === 0) throw new NoEndorsers('required chaincodes are not installed on sufficient peers');
    const named = new Set(satisfiable.flatMap((layout) => [...layout.keys()]));
    for (const [group, members] of endorsersByGroup)
      if (members.length === 0 || !named.has(group)) endorsersByGroup.delete(group);
    return { layouts: served, endorsersByGroup };
  }

  /** The peers that run everything and may see what it touches; all where nothing is named. */
  authorized(interest: peer.ChaincodeInterest | undefined): EndorsingPeer[] {
    const calls = interest?.getChaincodesList() ?? [];
    return this.allowed(calls).filter((candidate) => runsAll(candidate, calls));
  }

  private allowed(calls: readonly peer.ChaincodeCall[]): EndorsingPeer[] {
    for (const call of calls) this.requireMetadata(call);
    return this.peers.filter((candidate) => candidate.isUp() && calls.every((call) => this.mayRead(call, candidate)));
  }

  /** A definition that refers to a policy which the channel does not have is none to discovery. */
  private requireMetadata(call: peer.ChaincodeCall): void {
    const definition = this.definitionOf(call);
    const policies = [definition.endorsement, ...this.collectionPolicies(call, definition)];
    if (policies.some((policy) => this.envelopeOf(policy) === undefined))
      throw new NoEndorsers(noMetadata(call.getName(), this.channel.name));
    if (call.getNoPrivateReads()) return;
    for (const name of call.getCollectionNamesList())
      if (this.membersOf(call.getName(), name) === undefined)
        throw new NoEndorsers(`collection ${name} doesn't exist in collection config for chaincode ${call.getName()}`);
  }

  private definitionOf(call: peer.ChaincodeCall): ChaincodeDefinition {
    const name = call.getName();
    const definition = name === LIFECYCLE.name ? LIFECYCLE : this.channel.definitions.chaincode(name);
    if (definition === undefined) throw new NoEndorsers(noMetadata(call.getName(), this.channel.name));
    return definition;
  }

  private collectionPolicies(call: peer.ChaincodeCall, definition: ChaincodeDefinition): EndorsementPolicy[] {
    return call.getCollectionNamesList().map((name) => {
      const owner = implicitOwner(name);
      // Not as strict as at validation, where an endorsement by one of the owner's peers is wanted.
      if (owner !== undefined) return { kind: 'signature', bytes: membersOnly(owner).serializeBinary() };
      return this.channel.definitions.collection(definition.name, name)?.endorsement ?? definition.endorsement;
    });
  }

  private mayRead(call: peer.ChaincodeCall, candidate: EndorsingPeer): boolean {
    if (call.getNoPrivateReads()) return true;
    return call
      .getCollectionNamesList()
      .every((name) =>
        (this.membersOf(call.getName(), name)?.getIdentitiesList() ?? []).some((principal) =>
          candidate.identity.organisation.satisfies(candidate.identity, principal),
        ),
      );
  }

  private membersOf(chaincode: string, collection: string): common.SignaturePolicyEnvelope | undefined {
    const owner = implicitOwner(collection);
    if (owner !== undefined) return membersOnly(owner);
    return this.channel.definitions.collection(chaincode, collection)?.members;
  }

  private setsFor(calls: readonly peer.ChaincodeCall[]): readonly PrincipalSet[] {
    const policies = calls.flatMap((call) => this.policiesOf(call));
    const keyPolicies = calls.flatMap((call) => call.getKeyPoliciesList());
    const key = [...policies, undefined, ...keyPolicies]
      .map((policy) => (policy === undefined ? '' : hex(policy.serializeBinary())))
      .join(',');
    const kept = this.kept.get(key);
    if (kept !== undefined) return kept;
    const sets = policies.map((policy) =>
      setsOf(policy, 'failed creating a comparable principal set', 'endorsement policy cannot be satisfied'),
    );
    const keySets = keyPolicies.map((policy) =>
      setsOf(
        policy,
        'failed creating a comparable principal set for state based endorsement',
        'state based endorsement policy cannot be satisfied',
      ),
    );
    if (keySets.length > 0) sets.push(merged(keySets));
    const result = merged(sets);
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    if (result.length <= MOST_SETS_KEPT) this.kept.set(key, result);
    return result;
  }

  /** Each policy once that a call falls under, but for those of keys. */
  private policiesOf(call: peer.ChaincodeCall): common.SignaturePolicyEnvelope[] {
    const definition = this.definitionOf(call);
    const wanted =
      call.getCollectionNamesList().length > 0 ? this.collectionPolicies(call, definition) : [definition.endorsement];
    const unique = new Map<string, common.SignaturePolicyEnvelope>();
    for (const policy of wanted) {
      const envelope = this.envelopeOf(policy);
      if (envelope === undefined || envelope.getIdentitiesList().length === 0 || envelope.getRule() === undefined)
        throw new NoEndorsers('policy not found');
      unique.set(hex(envelope.serializeBinary()), envelope);
    }
    const policies = [...unique.values()];
    if (!call.getDisregardNamespacePolicy()) return policies;
    if (policies.length === 1 && call.getKeyPoliciesList().length === 0)
      throw new NoEndorsers(
        `requested to disregard chaincode ${call.getName()}'s policy but key and collection policies are missing, either disable DisregardNamespacePolicy or specify at least one key policy or at least one collection policy`,
      );
    return policies.slice(1);
  }

  private envelopeOf(policy: EndorsementPolicy): common.SignaturePolicyEnvelope | undefined {
    switch (policy.kind) {
      case 'signature':
        return decode(common.SignaturePolicyEnvelope, policy.bytes, 'SignaturePolicyEnvelope');
      case 'channel':
        return this.channel.policies.signaturePolicyOf(policy.reference);
    }
  }
}

function runsAll(candidate: EndorsingPeer, calls: readonly peer.ChaincodeCall[]): boolean {
  return calls.every((call) => candidate.endorser.has(call.getName()));
}

function membersOnly(mspId: string): common.SignaturePolicyEnvelope {
  return anyRole([rolePrincipal(mspId, 0)]);
}

function setsOf(policy: common.SignaturePolicyEnvelope, incomparable: string, unsatisfiable: string): PrincipalSet[] {
  const sets = satisfyingSets(policy);
  if (sets === undefined) throw new NoEndorsers(incomparable);
  if (sets.length === 0) throw new NoEndorsers(unsatisfiable);
  return sets;
}

function merged(sets: readonly PrincipalSet[][]): PrincipalSet[] {
  const [first, ...rest] = sets;
  if (first === undefined) throw new NoEndorsers('no principal sets remained after filtering');
  return rest.reduce(mergedSets, first);
}

function satisfying(peers: readonly EndorsingPeer[], principal: msp.MSPPrincipal): EndorsingPeer[] {
  return peers.filter(({ identity }) => identity.organisation.satisfies(identity, principal));
}

function isSatisfiable(layout: Layout, groups: ReadonlyMap<string, readonly EndorsingPeer[]>): boolean {
  return [...layout].every(([group, quantity]) => (groups.get(group)?.length ?? 0) >= quantity);
}
