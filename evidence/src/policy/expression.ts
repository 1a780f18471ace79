/** Fabric's policy expressions (docs, "Endorsement policy syntax"), for chaincode and collection definitions. */

/** The principal "a peer of this organisation". Members would let a client's certificate endorse. */
export function peer(mspId: string): string {
  return `'${mspId}.peer'`;
}

export function all(terms: string[]): string {
  return combine('AND', terms);
}

export function anyOf(terms: string[]): string {
  return combine('OR', terms);
}

export function outOf(count: number, terms: string[]): string {
  return `OutOf(${count},${terms.join(',')})`;
}

/** More than half of the organisations' peers. */
export function majority(mspIds: string[]): string {
  return outOf(majorityOf(mspIds.length), mspIds.map(peer));
}

export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

function combine(operator: 'AND' | 'OR', terms: string[]): string {
  const [only, ...rest] = terms;
  return rest.length === 0 && only !== undefined ? only : `${operator}(${terms.join(',')})`;
}
