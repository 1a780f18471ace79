import type {
  Shown,
  ShownBlock,
  ShownCollection,
  ShownIdentity,
  ShownMetadata,
  ShownNamespace,
  ShownTransaction,
  ShownVersion,
} from './shown.js';

/** A block as text, for reading in a terminal. */
export function blockText({ number, hash, transactions }: ShownBlock): string {
  const count = `${transactions.length} ${transactions.length === 1 ? 'transaction' : 'transactions'}`;
  return [`block ${number}  ${hash}  ${count}`, ...transactions.flatMap((tx) => indented(transactionLines(tx)))]
    .map((line) => `${line}\n`)
    .join('');
}

function transactionLines(tx: ShownTransaction): string[] {
  const lines = [`transaction ${tx.index}  ${tx.validationCode}  ${tx.id === '' ? '(no id)' : tx.id}`];
  const details: string[] = [];
  if (tx.timestamp !== null) details.push(`time       ${tx.timestamp}`);
  if (tx.creator !== null && tx.creator.mspId !== '') details.push(`creator    ${who(tx.creator)}`);
  if (tx.type !== 'ENDORSER_TRANSACTION') details.push(`type       ${tx.type}`);
  if (tx.chaincode !== undefined) {
    const called =
      tx.function === undefined ? '' : `${plain(tx.function)}(${(tx.arguments ?? []).map(quoted).join(', ')})`;
    details.push(`chaincode  ${tx.chaincode.name} ${tx.chaincode.version}  ${called}`);
  }
  if (tx.endorsers !== undefined) details.push(`endorsed   ${tx.endorsers.map(who).join(', ')}`);
  if (tx.response !== undefined) details.push(`response   ${tx.response.status}  ${quoted(tx.response.payload)}`);
  if (tx.event !== undefined) details.push(`event      ${tx.event.name}  ${quoted(tx.event.payload)}`);
  if (tx.malformed !== undefined) details.push(`malformed  ${tx.malformed}`);
  for (const set of tx.readWriteSets ?? []) details.push(...namespaceLines(set));
  return [...lines, ...indented(details)];
}

function namespaceLines(set: ShownNamespace): string[] {
  const lines = [
    ...set.reads.map(({ key, version }) => `read     ${quoted(key)}  ${versionText(version)}`),
    ...set.ranges.flatMap(({ startKey, endKey, exhausted, reads, hashes }) => [
      `range    ${quoted(startKey)} to ${quoted(endKey)}${exhausted ? '' : ', not to its end'}`,
      ...(reads ?? []).map(({ key, version }) => `  read   ${quoted(key)}  ${versionText(version)}`),
      ...(hashes ?? []).map((hash) => `  hash   ${hash}`),
    ]),
    ...set.writes.map(({ key, value }) =>
      value === undefined ? `delete   ${quoted(key)}` : `write    ${quoted(key)} = ${quoted(value)}`,
    ),
    ...set.metadataWrites.map(({ key, entries }) => `metadata ${quoted(key)}  ${metadataText({ entries })}`),
    ...set.collections.flatMap(collectionLines),
  ];
  return [`${set.namespace}${lines.length === 0 ? '  (nothing read or written)' : ''}`, ...indented(lines)];
}

function collectionLines({ name, reads, writes, metadataWrites }: ShownCollection): string[] {
  return [
    `collection ${name}`,
    ...indented([
      ...reads.map(({ keyHash, version }) => `read     ${keyHash}  ${versionText(version)}`),
      ...writes.map(({ keyHash, valueHash, isPurge }) =>
        valueHash === undefined
          ? `${isPurge ? 'purge ' : 'delete'}   ${keyHash}`
          : `write    ${keyHash} = ${valueHash}`,
      ),
      ...metadataWrites.map(({ keyHash, entries }) => `metadata ${keyHash}  ${metadataText({ entries })}`),
    ]),
  ];
}

function metadataText({ entries }: ShownMetadata): string {
  return entries.length === 0 ? 'removed' : entries.map(({ name, value }) => `${name} = ${quoted(value)}`).join(', ');
}

function versionText(version: ShownVersion | null): string {
  return version === null ? 'absent' : `of block ${version.block}, transaction ${version.transaction}`;
}

function who({ mspId, commonName }: ShownIdentity): string {
  return `${mspId}/${commonName}`;
}

function plain(value: Shown): string {
  return typeof value === 'string' ? value : `0x${value.hex}`;
}

function quoted(value: Shown): string {
  return typeof value === 'string' ? JSON.stringify(value) : `0x${value.hex}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
