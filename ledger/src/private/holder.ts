import type { Definitions } from '../definition/chaincode.js';
import type { Collection } from '../definition/collection.js';
import { reasonAgainst } from '../policy/application-policy.js';
import type { ChannelPolicies } from '../policy/channel-policies.js';
import type { Identity } from '../identity/identity.js';
import type { ValidatedBlock } from '../validation/block-validator.js';
import type { HeldWriteSet } from './private-changes.js';
import type { Located, PrivateStore } from './private-store.js';
import type { TransientStore } from './transient-store.js';

/** An organisation that may hold private data: its peer, its store, and what it keeps from endorsements. */
export interface Holder {
  readonly mspId: string;
  readonly identity: Identity;
  readonly store: PrivateStore;
  readonly transient: TransientStore;
  /** A peer that is down gives nothing to others. */
  readonly isUp: () => boolean;
}

export interface Gathered {
  readonly held: readonly HeldWriteSet[];
  readonly missing: readonly Located[];
}

/** Whether an organisation's peer gets a collection's data. */
export function mayHold(holder: Holder, collection: Collection, channel: ChannelPolicies): boolean {
  return (
    reasonAgainst({ kind: 'signature', bytes: collection.memberPolicyBytes }, [holder.identity], channel) === undefined
  );
}

/** Finds, for one organisation, the private write sets of a block: in its own transient store, else in that of a member. */
export async function gather(
  holder: Holder,
  holders: readonly Holder[],
  block: number,
  { transactions }: ValidatedBlock,
  definitions: Definitions,
  channel: ChannelPolicies,
): Promise<Gathered> {
  const held: HeldWriteSet[] = [];
  const missing: Located[] = [];
  for (const { index, id, code, readWrites } of transactions) {
    for (const { namespace, collections } of readWrites) {
      for (const { name, writeSetHash } of collections) {
        if (writeSetHash.length === 0) continue;
        const collection = definitions.collection(namespace, name);
        if (collection === undefined || !mayHold(holder, collection, channel)) continue;
        const located: Located = { at: { block, transaction: index }, namespace, collection: name };
        // As in Fabric, a peer asks members only: what a non-member simulated reaches them by dissemination or not at all.
        const others = holders.filter(
          (other) => other !== holder && other.isUp() && mayHold(other, collection, channel),
        );
        const content = await firstOf([holder, ...others], id, namespace, name, writeSetHash);
        if (content !== undefined) held.push({ ...located, content, valid: code === 0 });
        else if (code === 0) missing.push(located);
      }
    }
  }
  return { held, missing };
}

async function firstOf(
  sources: readonly Holder[],
  id: string,
  namespace: string,
  collection: string,
  hash: Uint8Array,
): Promise<Uint8Array | undefined> {
  for (const source of sources) {
    const found = await source.transient.find(id, namespace, collection, hash);
    if (found !== undefined) return found;
  }
  return undefined;
}
