/** Where a value was written: the block and the transaction in it. */
export interface Version {
  readonly block: number;
  readonly transaction: number;
}

export function sameVersion(a: Version | undefined, b: Version | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.block === b.block && a.transaction === b.transaction;
}

export function showVersion(version: Version | undefined): string {
  return version === undefined ? '<nil>' : `{BlockNum: ${version.block}, TxNum: ${version.transaction}}`;
}
