import type { Version } from '../encoding/version.js';
import type { Identity } from '../identity/identity.js';
import { type EndorsementPolicy, reasonAgainst } from '../policy/application-policy.js';
import type { ChannelPolicies } from '../policy/channel-policies.js';
import { type Collection, implicitCollection } from './collection.js';

/** The namespace in which chaincodes were defined before Fabric 2; nothing lies in it. */
export const LEGACY_LIFECYCLE = 'lscc';

/** A chaincode as the channel has agreed on it. */
export interface ChaincodeDefinition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  /** What the server has to register as; undefined where any will do. */
  readonly packageId: string | undefined;
  readonly endpoints: ReadonlyMap<string, string>;
  readonly endorsement: EndorsementPolicy;
  readonly collections: readonly Collection[];
}

/** The lifecycle itself, which nobody defines: a definition of it is a question to the organisations' endorsers. */
export const LIFECYCLE: ChaincodeDefinition = {
  name: '_lifecycle',
  version: '',
  sequence: 1,
  packageId: undefined,
  endpoints: new Map(),
  endorsement: { kind: 'channel', reference: '/Channel/Application/LifecycleEndorsement' },
  collections: [],
};

/** One that was agreed on. */
export interface AgreedDefinition extends ChaincodeDefinition {
  /** The first block in which it is in force. */
  readonly fromBlock: number;
}

export class NoSuchCollection extends Error {
  override readonly name = 'NoSuchCollection';
}

/** What is deployed on the channel now. */
export class Definitions {
  private byName: ReadonlyMap<string, AgreedDefinition> = new Map();
  private former: readonly ChaincodeDefinition[] = [];
  private readonly implicit = new Map<string, Collection>();

  constructor(private readonly channel: ChannelPolicies) {}

  /** Between two blocks only. `former` are those of lower sequences. */
  replace(chaincodes: readonly AgreedDefinition[], former: readonly ChaincodeDefinition[] = []): void {
    this.former = former;
    this.byName = new Map(chaincodes.map((chaincode) => [chaincode.name, chaincode]));
  }

  all(): ChaincodeDefinition[] {
    return [...this.byName.values()];
  }

  /** Of every sequence, in force or not any more. */
  everAgreed(): ChaincodeDefinition[] {
    return [...this.former, ...this.byName.values()];
  }

  chaincode(name: string): ChaincodeDefinition | undefined {
    return this.byName.get(name);
  }

  /** As if the definition were a key, written by the last transaction before it came into force. */
  versionOf(name: string): Version | undefined {
    const definition = this.byName.get(name);
    if (definition === undefined) return undefined;
    return { block: Math.max(definition.fromBlock - 1, 0), transaction: definition.sequence - 1 };
  }

  collection(chaincode: string, name: string): Collection | undefined {
    const definition = this.byName.get(chaincode);
    if (definition === undefined) return undefined;
    return definition.collections.find((collection) => collection.name === name) ?? this.implicitCollection(name);
  }

  private implicitCollection(name: string): Collection | undefined {
    let collection = this.implicit.get(name);
    if (collection === undefined) {
      collection = implicitCollection(name, this.channel.organisations);
      if (collection !== undefined) this.implicit.set(name, collection);
    }
    return collection;
  }

  /** Throws Fabric's error for a collection that is not defined. */
  requireCollection(chaincode: string, name: string): Collection {
    const collection = this.collection(chaincode, name);
    if (collection !== undefined) return collection;
    throw new NoSuchCollection(
      `collection [${name}] not defined in the collection config for chaincode [${chaincode}]`,
    );
  }

  isMember(collection: Collection, identity: Identity): boolean {
    return (
      reasonAgainst({ kind: 'signature', bytes: collection.memberPolicyBytes }, [identity], this.channel) === undefined
    );
  }

  /** The policy for a collection's keys: its own, or the chaincode's. */
  endorsementOf(definition: ChaincodeDefinition, collection: Collection): EndorsementPolicy {
    return collection.endorsement ?? definition.endorsement;
  }
}
