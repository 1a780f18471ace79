import { common, peer } from '@hyperledger/fabric-protos';
import { decode } from '../encoding/message.js';
import { fromMessage, toMessage } from '../policy/application-policy.js';
import type { ChaincodeDefinition } from './chaincode.js';
import type { Collection } from './collection.js';

/** What all of lifecycle's results that tell a definition have in common. */
interface DefinitionResult {
  setSequence(sequence: number): unknown;
  setVersion(version: string): unknown;
  setEndorsementPlugin(plugin: string): unknown;
  setValidationPlugin(plugin: string): unknown;
  setValidationParameter(policy: Uint8Array): unknown;
  setCollections(collections: peer.CollectionConfigPackage): unknown;
}

/** Fills a result in with the definition as a peer's lifecycle tells it. */
export function describe<T extends DefinitionResult>(definition: ChaincodeDefinition, result: T): T {
  result.setSequence(definition.sequence);
  result.setVersion(definition.version);
  result.setEndorsementPlugin('escc');
  result.setValidationPlugin('vscc');
  result.setValidationParameter(toMessage(definition.endorsement).serializeBinary());
  result.setCollections(collectionsMessage(definition.collections));
  return result;
}

/** The parts of a definition that are compared byte by byte, as a lifecycle compares them. */
export function definitionParameters({ endorsement, collections }: ChaincodeDefinition): {
  readonly validation: Uint8Array;
  readonly collections: Uint8Array;
} {
  return {
    validation: toMessage(endorsement).serializeBinary(),
    collections: collectionsMessage(collections).serializeBinary(),
  };
}

export function collectionsFrom(message: peer.CollectionConfigPackage): Collection[] {
  return message.getConfigList().flatMap((entry) => {
    const config = entry.getStaticCollectionConfig();
    const members = config?.getMemberOrgsPolicy()?.getSignaturePolicy();
    if (config === undefined || members === undefined) return [];
    const endorsement = config.getEndorsementPolicy();
    return [
      {
        name: config.getName(),
        members,
        memberPolicyBytes: members.serializeBinary(),
        requiredPeerCount: config.getRequiredPeerCount(),
        maxPeerCount: config.getMaximumPeerCount(),
        blockToLive: config.getBlockToLive(),
        memberOnlyRead: config.getMemberOnlyRead(),
        memberOnlyWrite: config.getMemberOnlyWrite(),
        endorsement: endorsement === undefined ? undefined : fromMessage(endorsement),
      },
    ];
  });
}

function collectionsMessage(collections: readonly Collection[]): peer.CollectionConfigPackage {
  const message = new peer.CollectionConfigPackage();
  message.setConfigList(
    collections.map((collection) => {
      const members = new peer.CollectionPolicyConfig();
      members.setSignaturePolicy(
        decode(common.SignaturePolicyEnvelope, collection.memberPolicyBytes, 'SignaturePolicyEnvelope'),
      );
      const config = new peer.StaticCollectionConfig();
      config.setName(collection.name);
      config.setMemberOrgsPolicy(members);
      config.setRequiredPeerCount(collection.requiredPeerCount);
      config.setMaximumPeerCount(collection.maxPeerCount);
      config.setBlockToLive(collection.blockToLive);
      config.setMemberOnlyRead(collection.memberOnlyRead);
      config.setMemberOnlyWrite(collection.memberOnlyWrite);
      if (collection.endorsement !== undefined) config.setEndorsementPolicy(toMessage(collection.endorsement));
      const entry = new peer.CollectionConfig();
      entry.setStaticCollectionConfig(config);
      return entry;
    }),
  );
  return message;
}
