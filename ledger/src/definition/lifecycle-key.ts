/** The namespace in which Fabric keeps chaincode definitions. */
export const LIFECYCLE = '_lifecycle';

/** The key that every endorser reads there for each chaincode that it runs, so that an upgrade conflicts with it. */
export function sequenceKey(chaincode: string): string {
  return `namespaces/fields/${chaincode}/Sequence`;
}

/** The keys of a whole definition, which are read for its collections as soon as one of them is touched. */
export function definitionKeys(chaincode: string): string[] {
  const fields = ['Collections', 'EndorsementInfo', 'Sequence', 'ValidationInfo'];
  return [...fields.map((field) => `namespaces/fields/${chaincode}/${field}`), `namespaces/metadata/${chaincode}`];
}

/** The chaincode of whose definition a key is a part. */
export function chaincodeOfKey(key: string): string | undefined {
  const [, ofField, ofMetadata] =
    /^namespaces\/(?:fields\/([^/]+)\/(?:Collections|EndorsementInfo|Sequence|ValidationInfo)|metadata\/([^/]+))$/.exec(
      key,
    ) ?? [];
  return ofField ?? ofMetadata;
}
