import { X509Certificate } from 'node:crypto';
import { common, type ledger, msp, peer } from '@hyperledger/fabric-protos';
import { blockHeader, envelopesOf, headerHash, metadataOf, TRANSACTIONS_FILTER } from '../block/header.js';
import { hex } from '../encoding/digest.js';
import { decode, nameOf } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import { decodeReadWrites, type NamespaceReadWrites, versionOf } from '../simulation/read-write-set.js';
import { chaincodeActionOf, openAction, type OpenedPayload, openEnvelope } from '../validation/transaction.js';
import {
  shown,
  type ShownBlock,
  type ShownCollection,
  type ShownIdentity,
  type ShownMetadata,
  type ShownNamespace,
  type ShownRead,
  type ShownTransaction,
} from './shown.js';

type MetadataEntry = ledger.rwset.kvrwset.KVMetadataEntry;
type RangeInfo = ledger.rwset.kvrwset.RangeQueryInfo;

/** A block as `ledger inspect` prints it. */
export function readBlock(block: common.Block): ShownBlock {
  const header = blockHeader(block);
  const codes = metadataOf(block, TRANSACTIONS_FILTER);
  return {
    number: header.getNumber(),
    hash: hex(headerHash(header)),
    previousHash: hex(header.getPreviousHash_asU8()),
    dataHash: hex(header.getDataHash_asU8()),
    transactions: envelopesOf(block).map((bytes, index) => readTransaction(bytes, index, codes[index])),
  };
}

function readTransaction(bytes: Uint8Array, index: number, code: number | undefined): ShownTransaction {
  const validationCode = nameOf(peer.TxValidationCode, code ?? peer.TxValidationCode.NOT_VALIDATED);
  let opened: OpenedPayload;
  try {
    opened = openEnvelope(decode(common.Envelope, bytes, 'Envelope'));
  } catch (cause) {
    const malformed = messageOf(cause);
    return { index, id: '', type: 'UNKNOWN', validationCode, timestamp: null, creator: null, malformed };
  }
  const { header, signature, data } = opened;
  const plain: ShownTransaction = {
    index,
    id: header.getTxId(),
    type: nameOf(common.HeaderType, header.getType()),
    validationCode,
    timestamp: timestampOf(header),
    creator: identityOf(signature.getCreator_asU8()),
  };
  if (header.getType() !== common.HeaderType.ENDORSER_TRANSACTION) return plain;
  try {
    return { ...plain, ...actionOf(data) };
  } catch (cause) {
    return { ...plain, malformed: messageOf(cause) };
  }
}

function actionOf(data: Uint8Array): Partial<ShownTransaction> {
  const { payload, endorsed } = openAction(data);
  const action = chaincodeActionOf(endorsed);
  const proposal = decode(
    peer.ChaincodeProposalPayload,
    payload.getChaincodeProposalPayload_asU8(),
    'ChaincodeProposalPayload',
  );
  const invocation = decode(peer.ChaincodeInvocationSpec, proposal.getInput_asU8(), 'ChaincodeInvocationSpec');
  const [called, ...rest] = invocation.getChaincodeSpec()?.getInput()?.getArgsList_asU8() ?? [];
  const response = action.getResponse();
  const event = action.getEvents_asU8();
  const readEvent = event.length === 0 ? undefined : decode(peer.ChaincodeEvent, event, 'ChaincodeEvent');
  return {
    chaincode: {
      name: action.getChaincodeId()?.getName() ?? '',
      version: action.getChaincodeId()?.getVersion() ?? '',
    },
    ...(called === undefined ? {} : { function: shown(called) }),
    arguments: rest.map(shown),
    ...(response === undefined
      ? {}
      : {
          response: {
            status: response.getStatus(),
            message: response.getMessage(),
            payload: shown(response.getPayload_asU8()),
          },
        }),
    ...(readEvent === undefined
      ? {}
      : { event: { name: readEvent.getEventName(), payload: shown(readEvent.getPayload_asU8()) } }),
    endorsers: endorsed.getEndorsementsList().map((endorsement) => identityOf(endorsement.getEndorser_asU8())),
    readWriteSets: decodeReadWrites(action.getResults_asU8()).map(namespaceOf),
  };
}

function namespaceOf({ namespace, public: open, collections }: NamespaceReadWrites): ShownNamespace {
  return {
    namespace,
    reads: open.getReadsList().map(readOf),
    ranges: open.getRangeQueriesInfoList().map(rangeOf),
    writes: open.getWritesList().map((write) => ({
      key: write.getKey(),
      ...(write.getIsDelete() ? {} : { value: shown(write.getValue_asU8()) }),
      isDelete: write.getIsDelete(),
    })),
    metadataWrites: open
      .getMetadataWritesList()
      .map((write) => ({ key: write.getKey(), ...metadataOfKey(write.getEntriesList()) })),
    collections: collections.map(({ name, hashed, writeSetHash }): ShownCollection => ({
      name,
      reads: hashed
        .getHashedReadsList()
        .map((read) => ({ keyHash: hex(read.getKeyHash_asU8()), version: versionOf(read.getVersion()) ?? null })),
      writes: hashed.getHashedWritesList().map((write) => ({
        keyHash: hex(write.getKeyHash_asU8()),
        ...(write.getIsDelete() ? {} : { valueHash: hex(write.getValueHash_asU8()) }),
        isDelete: write.getIsDelete(),
        isPurge: write.getIsPurge(),
      })),
      metadataWrites: hashed
        .getMetadataWritesList()
        .map((write) => ({ keyHash: hex(write.getKeyHash_asU8()), ...metadataOfKey(write.getEntriesList()) })),
      writeSetHash: hex(writeSetHash),
    })),
  };
}

function readOf(read: ledger.rwset.kvrwset.KVRead): ShownRead {
  return { key: read.getKey(), version: versionOf(read.getVersion()) ?? null };
}

function rangeOf(range: RangeInfo): ShownNamespace['ranges'][number] {
  const plain = {
    startKey: range.getStartKey(),
    endKey: range.getEndKey(),
    exhausted: range.getItrExhausted(),
  };
  const hashes = range.getReadsMerkleHashes();
  return hashes === undefined
    ? { ...plain, reads: range.getRawReads()?.getKvReadsList().map(readOf) ?? [] }
    : { ...plain, hashes: hashes.getMaxLevelHashesList_asU8().map(hex) };
}

function metadataOfKey(entries: readonly MetadataEntry[]): ShownMetadata {
  return { entries: entries.map((entry) => ({ name: entry.getName(), value: shown(entry.getValue_asU8()) })) };
}

function identityOf(serialized: Uint8Array): ShownIdentity {
  try {
    const identity = decode(msp.SerializedIdentity, serialized, 'SerializedIdentity');
    const { subject } = new X509Certificate(identity.getIdBytes_asU8());
    return { mspId: identity.getMspid(), commonName: /^CN=(.*)$/m.exec(subject)?.[1] ?? subject };
  } catch {
    return { mspId: '', commonName: '' };
  }
}

function timestampOf(header: common.ChannelHeader): string | null {
  const time = header.getTimestamp();
  if (time === undefined) return null;
  const seconds = new Date(time.getSeconds() * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(time.getNanos()).padStart(9, '0')}Z`;
}
