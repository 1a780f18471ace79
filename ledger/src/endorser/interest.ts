import { common, peer } from '@hyperledger/fabric-protos';
import { LEGACY_LIFECYCLE } from '../definition/chaincode.js';
import { decode } from '../encoding/message.js';
import type { Touched } from '../simulation/simulator.js';
import { keyPolicy } from '../state/metadata.js';

/** For choosing endorsers: the chaincodes and collections that a transaction touched, and the policies of keys it wrote. */
export function interestOf(namespaces: readonly string[], { writes, privateReads }: Touched): peer.ChaincodeInterest {
  const required = new Map<string, Map<string, boolean>>();
  const keyPolicies = new Map<string, common.SignaturePolicyEnvelope[]>();
  for (const [namespace, collections] of writes) {
    const demands = new Map([['', false]]);
    required.set(namespace, demands);
    for (const [collection, keys] of collections) {
      for (const metadata of keys.values()) {
        const policy = keyPolicy(metadata);
        if (policy === undefined) {
          demands.set(collection, true);
          continue;
        }
        const policies = keyPolicies.get(namespace) ?? [];
        policies.push(decode(common.SignaturePolicyEnvelope, policy, 'SignaturePolicyEnvelope'));
        keyPolicies.set(namespace, policies);
      }
    }
  }
  for (const namespace of namespaces) {
    if (namespace !== LEGACY_LIFECYCLE && !required.has(namespace)) required.set(namespace, new Map([['', true]]));
  }
  for (const [namespace, collections] of privateReads) {
    const demands = required.get(namespace) ?? new Map<string, boolean>();
    for (const collection of collections) demands.set(collection, true);
    required.set(namespace, demands);
  }
  const calls: peer.ChaincodeCall[] = [];
  for (const [namespace, demands] of required) {
    for (const collection of demands.keys()) {
      const call = new peer.ChaincodeCall();
      call.setName(namespace);
      if (collection === '') {
        const policies = keyPolicies.get(namespace) ?? [];
        if (policies.length === 0 && demands.get('') !== true) continue;
        call.setKeyPoliciesList(policies);
        call.setDisregardNamespacePolicy(policies.length > 0 && demands.get('') !== true);
      } else {
        call.setCollectionNamesList([collection]);
        call.setNoPrivateReads(privateReads.get(namespace)?.has(collection) !== true);
      }
      calls.push(call);
    }
  }
  const interest = new peer.ChaincodeInterest();
  interest.setChaincodesList(calls);
  return interest;
}
