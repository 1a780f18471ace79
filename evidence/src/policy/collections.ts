import { type Consortium, otherMembers } from '../consortium.js';
import { all, anyOf, majority, outOf, peer } from './expression.js';

/** The private collections of records.md's table: four for each provider, one for the consortium's role records. */
export const providerCollections = ['datasets', 'models', 'audits', 'operations'] as const;
export type ProviderCollection = (typeof providerCollections)[number];

/** Holds the marks of role records. Its policy is a majority, so no two organisations can say who is what. */
export const consortiumCollection = 'consortium';

/** The name of a provider's collection in an epoch: `audits-cleveland`, then `audits-cleveland-e2`. */
export function collectionName(kind: ProviderCollection, slug: string, epoch: number): string {
  return epoch === 1 ? `${kind}-${slug}` : `${kind}-${slug}-e${epoch}`;
}

/** Fabric makes this collection for every organisation of a channel without anybody's configuration. */
export function implicitCollection(mspId: string): string {
  return `_implicit_org_${mspId}`;
}

/** One entry of Fabric's collections_config.json. */
export interface CollectionConfig {
  name: string;
  policy: string;
  requiredPeerCount: number;
  maxPeerCount: number;
  blockToLive: number;
  memberOnlyRead: boolean;
  memberOnlyWrite: boolean;
  endorsementPolicy: { signaturePolicy: string };
}

/**
 * The collection configuration of a consortium, in Fabric's own format. Collections of past epochs stay in it, because
 * Fabric never removes one.
 */
export function collectionsConfig(consortium: Consortium): CollectionConfig[] {
  const everybody = consortium.organizations.map((organization) => organization.mspId);
  const collections = [collection(consortiumCollection, everybody, majority(everybody))];
  for (const provider of consortium.organizations) {
    if (provider.role !== 'provider') continue;
    for (let epoch = 1; epoch <= provider.epochs.length; epoch++) {
      const others = otherMembers(consortium, provider, epoch);
      for (const kind of providerCollections) {
        const policy =
          kind === 'audits' ? outOf(2, others.map(peer)) : all([peer(provider.mspId), anyOf(others.map(peer))]);
        collections.push(collection(collectionName(kind, provider.slug, epoch), [provider.mspId, ...others], policy));
      }
    }
  }
  return collections;
}

/** The chaincode's own policy, under which every new header falls: two organisations' peers, whoever they are. */
export function chaincodePolicy(consortium: Consortium): string {
  return outOf(
    2,
    consortium.organizations.map((organization) => peer(organization.mspId)),
  );
}

function collection(name: string, members: string[], signaturePolicy: string): CollectionConfig {
  return {
    name,
    policy: anyOf(members.map((mspId) => `'${mspId}.member'`)),
    // One other peer has the private data before an endorsement is given, so it survives the endorser's loss.
    requiredPeerCount: 1,
    maxPeerCount: 2,
    blockToLive: 0,
    memberOnlyRead: true,
    memberOnlyWrite: true,
    endorsementPolicy: { signaturePolicy },
  };
}
