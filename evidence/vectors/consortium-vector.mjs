import {
  authorAndOneOther,
  bytesToHex,
  chaincodePolicy,
  collectionsConfig,
  consortiumSchema,
  hexToBytes,
  inclusionPath,
  leafHash,
  majorityKeyPolicy,
  merkleRoot,
} from '@proofward/evidence';
import { consortium as input, merkleInputs } from './inputs.mjs';

/** What a consortium file makes of Fabric's own formats. */
export function consortiumVector() {
  const consortium = consortiumSchema.parse(input);
  const mspIds = consortium.organizations.map(({ mspId }) => mspId);
  return {
    consortium,
    chaincodePolicy: chaincodePolicy(consortium),
    collections: collectionsConfig(consortium),
    keyPolicies: [
      {
        policy: 'AND(P, 1 of A1, A2, R)',
        author: 'P',
        others: ['A1', 'A2', 'R'],
        bytes: bytesToHex(authorAndOneOther('P', ['A1', 'A2', 'R'])),
      },
      { policy: 'more than half', majorityOf: mspIds, bytes: bytesToHex(majorityKeyPolicy(mspIds)) },
    ],
  };
}

/** The well-known eight leaves: the root of each prefix, and the path of each leaf in the whole tree. */
export function merkleVector() {
  const leaves = merkleInputs.map((data) => leafHash(hexToBytes(data)));
  return {
    inputs: merkleInputs,
    leafHashes: leaves.map(bytesToHex),
    roots: [...Array(leaves.length + 1).keys()].map((size) => bytesToHex(merkleRoot(leaves.slice(0, size)))),
    paths: leaves.map((_, index) => inclusionPath(leaves, index).map(bytesToHex)),
  };
}
