import type { peer } from '@hyperledger/fabric-protos';

/** An interest as Go prints the message; policies of keys are told by their number only. */
export function interestText(interest: peer.ChaincodeInterest): string {
  return interest
    .getChaincodesList()
    .map((call) => `chaincodes:{${fieldsOf(call).join(' ')}}`)
    .join(' ');
}

function fieldsOf(call: peer.ChaincodeCall): string[] {
  const flag = (name: string, value: boolean): string[] => (value ? [`${name}:true`] : []);
  return [
    `name:${JSON.stringify(call.getName())}`,
    ...call.getCollectionNamesList().map((name) => `collection_names:${JSON.stringify(name)}`),
    ...flag('no_private_reads', call.getNoPrivateReads()),
    ...flag('no_public_writes', call.getNoPublicWrites()),
    ...call.getKeyPoliciesList().map(() => 'key_policies:{}'),
    ...flag('disregard_namespace_policy', call.getDisregardNamespacePolicy()),
  ];
}
