import { common, type peer } from '@hyperledger/fabric-protos';
import type { ChaincodeDefinition, Definitions } from '../definition/chaincode.js';
import { decode, MalformedMessage } from '../encoding/message.js';
import type { Identity } from '../identity/identity.js';
import { type EndorsementPolicy, reasonAgainst } from '../policy/application-policy.js';
import type { ChannelPolicies } from '../policy/channel-policies.js';
import { type SignedData, verifiedIdentities } from '../policy/signed-data.js';
import type { NamespaceReadWrites } from '../simulation/read-write-set.js';
import { keyPolicy } from '../state/metadata.js';
import type { PublicState } from '../state/public-state.js';

export class EndorsementRefused extends Error {
  override readonly name = 'EndorsementRefused';
}

/** Which transactions of the block change a key's metadata, and whether their endorsement held. */
export class MetadataUpdates {
  private readonly byKey = new Map<string, number[]>();
  private readonly accepted = new Set<string>();

  add(index: number, namespaces: readonly NamespaceReadWrites[]): void {
    for (const ns of namespaces) {
      for (const write of ns.public.getMetadataWritesList()) this.note(ns.namespace, '', write.getKey(), index);
      for (const { name, hashed } of ns.collections) {
        for (const write of hashed.getMetadataWritesList())
          this.note(ns.namespace, name, latin1(write.getKeyHash_asU8()), index);
      }
    }
  }

  accept(index: number, namespace: string): void {
    this.accepted.add(`${index}/${namespace}`);
  }

  /** An earlier transaction of this block set the key's policy: it is not known yet against what to judge this one. */
  changedBefore(index: number, namespace: string, collection: string, key: string): boolean {
    const earlier = this.byKey.get(JSON.stringify([namespace, collection, key])) ?? [];
    return earlier.some((other) => other < index && this.accepted.has(`${other}/${namespace}`));
  }

  private note(namespace: string, collection: string, key: string, index: number): void {
    const id = JSON.stringify([namespace, collection, key]);
    const found = this.byKey.get(id);
    if (found === undefined) this.byKey.set(id, [index]);
    else found.push(index);
  }
}

/** Judges a transaction's writes in one namespace: by the key's own policy, else the collection's, else the chaincode's. */
export class KeyPolicies {
  constructor(
    private readonly definitions: Definitions,
    private readonly channel: ChannelPolicies,
    private readonly state: PublicState,
    private readonly updates: MetadataUpdates,
  ) {}

  async check(
    index: number,
    definition: ChaincodeDefinition,
    ns: NamespaceReadWrites | undefined,
    endorsed: peer.ChaincodeEndorsedAction,
  ): Promise<void> {
    const identities = verifiedIdentities(signedDataOf(endorsed), this.channel.membership);
    const namespace = definition.name;
    const checked = new Set<string>();
    let anyChecked = false;
    const demand = (policy: EndorsementPolicy, what: string): void => {
      const reason = reasonAgainst(policy, identities, this.channel);
      if (reason !== undefined)
        throw new EndorsementRefused(`validation of endorsement policy for ${what} failed: ${reason}`);
      anyChecked = true;
    };
    const byDefinition = (collectionName: string): void => {
      if (checked.has(collectionName)) return;
      if (collectionName === '') {
        demand(definition.endorsement, `chaincode ${namespace}`);
      } else {
        const collection = this.definitions.collection(namespace, collectionName);
        if (collection === undefined) throw new EndorsementRefused(`no such collection '${collectionName}'`);
        demand(
          this.definitions.endorsementOf(definition, collection),
          `collection ${collectionName} chaincode ${namespace}`,
        );
      }
      checked.add(collectionName);
    };
    for (const { collection, key, metadata } of writtenKeys(ns)) {
      const policy = await this.policyOf(index, namespace, collection, key, metadata);
      if (policy === undefined) {
        byDefinition(collection);
        continue;
      }
      this.demandKeyPolicy(policy, identities, key);
      anyChecked = true;
    }
    if (!anyChecked) byDefinition('');
  }

  private async policyOf(
    index: number,
    namespace: string,
    collection: string,
    key: string,
    metadata: (state: PublicState) => Promise<Uint8Array>,
  ): Promise<Uint8Array | undefined> {
    if (this.updates.changedBefore(index, namespace, collection, key)) {
      throw new EndorsementRefused(
        `validation parameters for key [${printable(key)}] in namespace [${namespace}:${collection}] have been changed earlier in this block`,
      );
    }
    // A collection that nobody defined has no keys; its writes are judged, and refused, by definition.
    if (collection !== '' && this.definitions.collection(namespace, collection) === undefined) return undefined;
    const policy = keyPolicy(await metadata(this.state));
    return policy?.length === 0 ? undefined : policy;
  }

  /** Fabric halts the channel on a policy that cannot be parsed. Here the transaction is invalid, and the ledger goes on. */
  private demandKeyPolicy(policy: Uint8Array, identities: readonly Identity[], key: string): void {
    try {
      decode(common.SignaturePolicyEnvelope, policy, 'SignaturePolicyEnvelope');
    } catch (cause) {
      if (cause instanceof MalformedMessage)
        throw new EndorsementRefused(`could not translate policy for ${printable(key)}: ${cause.message}`);
      throw cause;
    }
    const reason = this.channel.reasonAgainst(policy, identities);
    if (reason !== undefined) throw new EndorsementRefused(`validation of key ${printable(key)} failed: ${reason}`);
  }
}

interface WrittenKey {
  readonly collection: string;
  /** The key, or the hash of a private key as Latin-1. */
  readonly key: string;
  readonly metadata: (state: PublicState) => Promise<Uint8Array>;
}

function writtenKeys(ns: NamespaceReadWrites | undefined): WrittenKey[] {
  if (ns === undefined) return [];
  const { namespace } = ns;
  const publicKey = (key: string): WrittenKey => ({
    collection: '',
    key,
    metadata: async (state) => (await state.get(namespace, key))?.metadata ?? new Uint8Array(),
  });
  const privateKey = (collection: string, keyHash: Uint8Array): WrittenKey => ({
    collection,
    key: latin1(keyHash),
    metadata: async (state) => (await state.getHash(namespace, collection, keyHash))?.metadata ?? new Uint8Array(),
  });
  return [
    ...ns.public.getWritesList().map((write) => publicKey(write.getKey())),
    ...ns.public.getMetadataWritesList().map((write) => publicKey(write.getKey())),
    ...ns.collections.flatMap(({ name, hashed }) =>
      hashed.getHashedWritesList().map((write) => privateKey(name, write.getKeyHash_asU8())),
    ),
    ...ns.collections.flatMap(({ name, hashed }) =>
      hashed.getMetadataWritesList().map((write) => privateKey(name, write.getKeyHash_asU8())),
    ),
  ];
}

function signedDataOf(endorsed: peer.ChaincodeEndorsedAction): SignedData[] {
  const payload = endorsed.getProposalResponsePayload_asU8();
  return endorsed.getEndorsementsList().map((endorsement) => ({
    data: Buffer.concat([payload, endorsement.getEndorser_asU8()]),
    identity: endorsement.getEndorser_asU8(),
    signature: endorsement.getSignature_asU8(),
  }));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function printable(key: string): string {
  return JSON.stringify(key).slice(1, -1);
}
