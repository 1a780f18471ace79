/** The namespace in which Fabric keeps chaincode definitions. */
export const LIFECYCLE = '_lifecycle';

/** The key that every endorser reads there for each chaincode that it runs, so that an upgrade conflicts with it. */
export function sequenceKey(chaincode: string): string {
  return `namespaces/fields/${chaincode}/Sequence`;
}

export function chaincodeOfSequenceKey(key: string): string | undefined {
  return /^namespaces\/fields\/([^/]+)\/Sequence$/.exec(key)?.[1];
}
