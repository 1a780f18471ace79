import { common, ledger, msp, peer } from '@hyperledger/fabric-protos';
import { createHash } from 'node:crypto';

/** A block in the parts that the projection reads. */
export interface CommittedBlock {
  number: number;
  /** Hex of the block header's hash, as the next block names it. */
  hash: string;
  previousHash: string;
  transactions: CommittedTransaction[];
}

export interface CommittedTransaction {
  txId: string;
  /** Fabric's validation code. */
  code: number;
  /** Of a valid one, whose client made it and when, as that claims, in milliseconds. */
  claim?: { mspId: string; at: number } | undefined;
  /** The writes in our namespace; none of an invalid transaction. */
  writes: PublicWrite[];
  hashedWrites: HashedWrite[];
  /** What the peer has of the private writes, by collection. */
  privateWrites: PrivateWrite[];
}

export interface PublicWrite {
  key: string;
  isDelete: boolean;
  value: Uint8Array;
}

export interface HashedWrite {
  collection: string;
  /** Hex. */
  keyHash: string;
  valueHash: string;
  /** Deleted or purged. */
  isGone: boolean;
}

export interface PrivateWrite {
  collection: string;
  key: string;
  value: Uint8Array;
}

type PrivateData = Map<number, ledger.rwset.TxPvtReadWriteSet>;

/** Reads a block and what came with it of private data, for one chaincode's namespace. */
export function readBlock(block: common.Block, privateData: PrivateData, namespace: string): CommittedBlock {
  const header = block.getHeader();
  if (header === undefined) throw new Error('a block without a header');
  const codes = block.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER];
  const envelopes = block.getData()?.getDataList_asU8() ?? [];
  return {
    number: header.getNumber(),
    hash: blockHash(header),
    previousHash: hex(header.getPreviousHash_asU8()),
    transactions: envelopes.flatMap((envelope, index) => {
      const code = codes?.[index] ?? peer.TxValidationCode.NOT_VALIDATED;
      const transaction = readEnvelope(envelope, code, namespace);
      if (transaction === undefined) return [];
      return [{ ...transaction, privateWrites: readPrivate(privateData.get(index), namespace) }];
    }),
  };
}

function readEnvelope(
  bytes: Uint8Array,
  code: number,
  namespace: string,
): Omit<CommittedTransaction, 'privateWrites'> | undefined {
  let payload: common.Payload;
  let channelHeader: common.ChannelHeader;
  try {
    payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(bytes).getPayload_asU8());
    channelHeader = common.ChannelHeader.deserializeBinary(payload.getHeader()?.getChannelHeader_asU8() ?? bytes);
  } catch (error) {
    // Peers mark an envelope that is no protobuf as invalid; in a valid one it would be our fault.
    if (code === peer.TxValidationCode.VALID) throw error;
    return undefined;
  }
  if (channelHeader.getType() !== common.HeaderType.ENDORSER_TRANSACTION) return undefined;
  const transaction = { txId: channelHeader.getTxId(), code, writes: [], hashedWrites: [] };
  if (code !== peer.TxValidationCode.VALID) return transaction;
  const sets = peer.Transaction.deserializeBinary(payload.getData_asU8())
    .getActionsList()
    .flatMap((action) => readAction(action, namespace));
  return {
    ...transaction,
    claim: readClaim(payload, channelHeader),
    writes: sets.flatMap((set) => readWrites(set)),
    hashedWrites: sets.flatMap((set) => set.getCollectionHashedRwsetList().flatMap(readHashedWrites)),
  };
}

/** Peers have checked the creator's signature over both. */
function readClaim(payload: common.Payload, header: common.ChannelHeader): CommittedTransaction['claim'] {
  const signature = common.SignatureHeader.deserializeBinary(
    payload.getHeader()?.getSignatureHeader_asU8() ?? new Uint8Array(),
  );
  const timestamp = header.getTimestamp();
  if (timestamp === undefined) return undefined;
  const at = timestamp.getSeconds() * 1000 + Math.floor(timestamp.getNanos() / 1e6);
  return { mspId: msp.SerializedIdentity.deserializeBinary(signature.getCreator_asU8()).getMspid(), at };
}

function readAction(action: peer.TransactionAction, namespace: string): ledger.rwset.NsReadWriteSet[] {
  const endorsed = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8()).getAction();
  if (endorsed === undefined) return [];
  const response = peer.ProposalResponsePayload.deserializeBinary(endorsed.getProposalResponsePayload_asU8());
  const results = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8()).getResults_asU8();
  return ledger.rwset.TxReadWriteSet.deserializeBinary(results)
    .getNsRwsetList()
    .filter((set) => set.getNamespace() === namespace);
}

function readWrites(set: ledger.rwset.NsReadWriteSet): PublicWrite[] {
  return ledger.rwset.kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8())
    .getWritesList()
    .map((write) => ({ key: write.getKey(), isDelete: write.getIsDelete(), value: write.getValue_asU8() }));
}

function readHashedWrites(set: ledger.rwset.CollectionHashedReadWriteSet): HashedWrite[] {
  const collection = set.getCollectionName();
  return ledger.rwset.kvrwset.HashedRWSet.deserializeBinary(set.getHashedRwset_asU8())
    .getHashedWritesList()
    .map((write) => ({
      collection,
      keyHash: hex(write.getKeyHash_asU8()),
      valueHash: hex(write.getValueHash_asU8()),
      isGone: write.getIsDelete() || write.getIsPurge(),
    }));
}

function readPrivate(sets: ledger.rwset.TxPvtReadWriteSet | undefined, namespace: string): PrivateWrite[] {
  return (sets?.getNsPvtRwsetList() ?? [])
    .filter((set) => set.getNamespace() === namespace)
    .flatMap((set) => set.getCollectionPvtRwsetList())
    .flatMap((set) =>
      ledger.rwset.kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8())
        .getWritesList()
        .map((write) => ({ collection: set.getCollectionName(), key: write.getKey(), value: write.getValue_asU8() })),
    );
}

/** SHA-256 over the ASN.1 DER of number, previous hash and data hash: how Fabric chains blocks. */
export function blockHash(header: common.BlockHeader): string {
  const body = Buffer.concat([
    der(0x02, derNumber(header.getNumber())),
    der(0x04, Buffer.from(header.getPreviousHash_asU8())),
    der(0x04, Buffer.from(header.getDataHash_asU8())),
  ]);
  return createHash('sha256').update(der(0x30, body)).digest('hex');
}

function der(tag: number, content: Buffer): Buffer {
  // Three fields of at most 66 bytes and a number: always below 256.
  const length = content.length < 0x80 ? Buffer.of(content.length) : Buffer.of(0x81, content.length);
  return Buffer.concat([Buffer.of(tag), length, content]);
}

function derNumber(value: number): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
