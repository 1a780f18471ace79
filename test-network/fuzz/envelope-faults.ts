import { createHash } from 'node:crypto';
import { common, gateway, ledger, peer } from '@hyperledger/fabric-protos';
import { endorserOf } from '../plain/read-write-set.js';
import { destinationFaults, type OpenedHeaders, originFaults } from './header-faults.js';

/** Signs as that organisation's peer would. */
export type SignAs = (mspId: string, message: Uint8Array) => Promise<Uint8Array>;

/** A transaction between its endorsement and the orderer, open at every level. */
interface Opened extends OpenedHeaders {
  payload: common.Payload;
  body: peer.Transaction;
  action: peer.TransactionAction;
  actionPayload: peer.ChaincodeActionPayload;
  endorsed: peer.ChaincodeEndorsedAction;
  response: peer.ProposalResponsePayload;
  chaincodeAction: peer.ChaincodeAction;
  results: ledger.rwset.TxReadWriteSet;
}

type Change = (opened: Opened) => void;
type Namespace = ledger.rwset.NsReadWriteSet;
const { KVWrite, KVRead, KVRWSet, KVMetadataEntry, KVMetadataWrite, Version } = ledger.rwset.kvrwset;

/**
 * Changes that the endorsers have not signed. A transaction without an action, or one that cannot be parsed, is not among
 * them: it makes all real peers panic or wait for good, as soon as another follows in its block. Nor is one without an id:
 * peers take its private data from whatever transaction has the same.
 */
const unsigned = {
  'endorsement dropped': ({ endorsed }) => {
    endorsed.setEndorsementsList(endorsed.getEndorsementsList().slice(0, -1));
  },
  'endorsement altered': ({ endorsed }) => {
    const last = endorsed.getEndorsementsList().at(-1);
    last?.setSignature(lastBitFlipped(last.getSignature_asU8()));
  },
  'endorsement doubled': ({ endorsed }) => {
    endorsed.setEndorsementsList(endorsed.getEndorsementsList().flatMap((endorsement) => [endorsement, endorsement]));
  },
  'endorsers exchanged': ({ endorsed }) => {
    const [first, second] = endorsed.getEndorsementsList();
    if (first === undefined || second === undefined) return;
    const endorser = first.getEndorser_asU8();
    first.setEndorser(second.getEndorser_asU8());
    second.setEndorser(endorser);
  },
  'endorser unknown': ({ endorsed }) => {
    endorsed.getEndorsementsList()[0]?.setEndorser(Buffer.from('nobody'));
  },
  'endorsed by the creator too': ({ endorsed, signatureHeader }) => {
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(signatureHeader.getCreator_asU8());
    endorsement.setSignature(endorsed.getEndorsementsList()[0]?.getSignature_asU8() ?? '');
    endorsed.addEndorsements(endorsement);
  },
  'no endorsements': ({ endorsed }) => {
    endorsed.clearEndorsementsList();
  },
  'result altered': ({ response }) => {
    response.setExtension$(lastBitFlipped(response.getExtension_asU8()));
  },
  'two actions': ({ body, action }) => {
    body.addActions(action.clone());
  },
  'no extension': ({ response }) => {
    response.setExtension$('');
  },
  'no action header': ({ action }) => {
    action.setHeader('');
  },
  'no input': ({ actionPayload }) => {
    actionPayload.setChaincodeProposalPayload('');
  },
  ...destinationFaults,
  'message type': ({ channelHeader }) => {
    channelHeader.setType(common.HeaderType.MESSAGE);
  },
  'configuration type': ({ channelHeader }) => {
    channelHeader.setType(common.HeaderType.CONFIG);
  },
  ...originFaults,
  'unknown creator': ({ signatureHeader }) => {
    signatureHeader.setCreator(Buffer.from('\n\u0003who\u0012\u0003pem'));
  },
} satisfies Record<string, Change>;

/** Changes that all the endorsers have signed, as colluding peers could. */
const signed = {
  'no header extension': ({ channelHeader }) => {
    channelHeader.setExtension$('');
  },
  'header of another chaincode': ({ channelHeader }) => {
    const id = new peer.ChaincodeID();
    id.setName('nothing');
    const extension = new peer.ChaincodeHeaderExtension();
    extension.setChaincodeId(id);
    channelHeader.setExtension$(extension.serializeBinary());
  },
  'garbage header extension': ({ channelHeader }) => {
    channelHeader.setExtension$(Buffer.from('ffff', 'hex'));
  },
  'another timestamp': ({ channelHeader }) => {
    channelHeader.getTimestamp()?.setSeconds(1);
  },
  'no chaincode id': ({ chaincodeAction }) => {
    chaincodeAction.clearChaincodeId();
  },
  'no version': ({ chaincodeAction }) => {
    chaincodeAction.getChaincodeId()?.setVersion('');
  },
  'another version': ({ chaincodeAction }) => {
    chaincodeAction.getChaincodeId()?.setVersion('9.9');
  },
  'status 500': ({ chaincodeAction }) => {
    chaincodeAction.getResponse()?.setStatus(500);
  },
  'no response': ({ chaincodeAction }) => {
    chaincodeAction.clearResponse();
  },
  "another chaincode's event": ({ chaincodeAction }) => {
    const event = new peer.ChaincodeEvent();
    event.setChaincodeId('nothing');
    event.setEventName('forged');
    chaincodeAction.setEvents(event.serializeBinary());
  },
  'event without a transaction id': ({ chaincodeAction }) => {
    const event = new peer.ChaincodeEvent();
    event.setChaincodeId(chaincodeAction.getChaincodeId()?.getName() ?? '');
    event.setEventName('forged');
    chaincodeAction.setEvents(event.serializeBinary());
  },
  'no results': ({ results }) => {
    results.clearNsRwsetList();
  },
  'namespace twice': ({ results }) => {
    const [first] = results.getNsRwsetList();
    if (first !== undefined) results.addNsRwset(first.clone());
  },
  'namespaces reversed': ({ results }) => {
    results.setNsRwsetList(results.getNsRwsetList().reverse());
  },
  'garbage in a namespace': ({ results }) => {
    results.getNsRwsetList().at(-1)?.setRwset(Buffer.from('ffff', 'hex'));
  },
  'write in an unknown namespace': ({ results }) => {
    results.addNsRwset(namespaceWith('nothing', [writeOf('forged', 'x')]));
  },
  'write in the legacy lifecycle': ({ results }) => {
    results.addNsRwset(namespaceWith('lscc', [writeOf('forged', 'x')]));
  },
  'write added': (opened) => {
    change(opened, (set) => set.addWrites(writeOf('forged', 'x')));
  },
  'writes doubled': (opened) => {
    change(opened, (set) => {
      set.setWritesList(set.getWritesList().flatMap((write) => [write, write.clone()]));
    });
  },
  'writes turned into deletions': (opened) => {
    change(opened, (set) => {
      for (const write of set.getWritesList()) write.setIsDelete(true);
    });
  },
  'writes emptied': (opened) => {
    change(opened, (set) => {
      for (const write of set.getWritesList()) write.setValue('');
    });
  },
  'write without a key': (opened) => {
    change(opened, (set) => set.addWrites(writeOf('', 'x')));
  },
  'reads dropped': (opened) => {
    change(opened, (set) => {
      set.clearReadsList();
      set.clearRangeQueriesInfoList();
    });
  },
  'reads doubled': (opened) => {
    change(opened, (set) => {
      set.setReadsList(set.getReadsList().flatMap((read) => [read, read.clone()]));
    });
  },
  'read of a future version': (opened) => {
    change(opened, (set) => {
      const version = new Version();
      version.setBlockNum(1_000_000);
      const read = new KVRead();
      read.setKey('forged-read');
      read.setVersion(version);
      set.addReads(read);
    });
  },
  'ranges opened': (opened) => {
    change(opened, (set) => {
      for (const range of set.getRangeQueriesInfoList()) range.setItrExhausted(!range.getItrExhausted());
    });
  },
  'ranges emptied': (opened) => {
    change(opened, (set) => {
      for (const range of set.getRangeQueriesInfoList()) range.setEndKey(range.getStartKey());
    });
  },
  'metadata of another name': (opened) => {
    change(opened, (set) => {
      const [first] = set.getWritesList();
      const entry = new KVMetadataEntry();
      entry.setName('note');
      entry.setValue(Buffer.from('x'));
      const metadata = new KVMetadataWrite();
      metadata.setKey(first?.getKey() ?? 'forged-none');
      metadata.setEntriesList([entry]);
      set.setMetadataWritesList([metadata]);
    });
  },
} satisfies Record<string, Change>;

export const envelopeFaults = [...keysOf(unsigned), ...keysOf(signed)];
export type EnvelopeFault = (typeof envelopeFaults)[number];

/** The prepared transaction as somebody could make it who is not a gateway client. */
export async function faultyEnvelope(prepared: Uint8Array, fault: EnvelopeFault, signAs: SignAs): Promise<Uint8Array> {
  const transaction = gateway.PreparedTransaction.deserializeBinary(prepared);
  const envelope = transaction.getEnvelope() ?? new common.Envelope();
  const opened = open(envelope);
  if (isSigned(fault)) {
    signed[fault](opened);
    await endorse(opened, signAs);
  } else unsigned[fault](opened);
  close(envelope, opened);
  transaction.setEnvelope(envelope);
  return transaction.serializeBinary();
}

/** The prepared transaction with another time, to which its endorsers put their names. */
export async function atTime(prepared: Uint8Array, time: number, signAs: SignAs): Promise<Uint8Array> {
  const transaction = gateway.PreparedTransaction.deserializeBinary(prepared);
  const envelope = transaction.getEnvelope() ?? new common.Envelope();
  const opened = open(envelope);
  const timestamp = opened.channelHeader.getTimestamp();
  timestamp?.setSeconds(Math.floor(time / 1000));
  timestamp?.setNanos((time % 1000) * 1_000_000);
  await endorse(opened, signAs);
  close(envelope, opened);
  transaction.setEnvelope(envelope);
  return transaction.serializeBinary();
}

function open(envelope: common.Envelope): Opened {
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const header = payload.getHeader() ?? new common.Header();
  const body = peer.Transaction.deserializeBinary(payload.getData_asU8());
  const [action = new peer.TransactionAction()] = body.getActionsList();
  const actionPayload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
  const endorsed = actionPayload.getAction() ?? new peer.ChaincodeEndorsedAction();
  // Whose answer comes first is chance.
  endorsed.setEndorsementsList(
    endorsed.getEndorsementsList().sort((one, other) => endorserOf(one).localeCompare(endorserOf(other))),
  );
  const response = peer.ProposalResponsePayload.deserializeBinary(endorsed.getProposalResponsePayload_asU8());
  const chaincodeAction = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  return {
    payload,
    channelHeader: common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8()),
    signatureHeader: common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8()),
    body,
    action,
    actionPayload,
    endorsed,
    response,
    chaincodeAction,
    results: ledger.rwset.TxReadWriteSet.deserializeBinary(chaincodeAction.getResults_asU8()),
  };
}

function close(envelope: common.Envelope, opened: Opened): void {
  const { payload, channelHeader, signatureHeader, body, action, actionPayload, endorsed, response } = opened;
  endorsed.setProposalResponsePayload(response.serializeBinary());
  actionPayload.setAction(endorsed);
  action.setPayload(actionPayload.serializeBinary());
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  payload.setHeader(header);
  payload.setData(body.serializeBinary());
  envelope.setPayload(payload.serializeBinary());
}

async function endorse(opened: Opened, signAs: SignAs): Promise<void> {
  const { channelHeader, action, actionPayload, endorsed, response, chaincodeAction, results } = opened;
  chaincodeAction.setResults(results.serializeBinary());
  response.setExtension$(chaincodeAction.serializeBinary());
  response.setProposalHash(
    createHash('sha256')
      .update(channelHeader.serializeBinary())
      .update(action.getHeader_asU8())
      .update(actionPayload.getChaincodeProposalPayload_asU8())
      .digest(),
  );
  const payload = response.serializeBinary();
  for (const endorsement of endorsed.getEndorsementsList()) {
    const message = Buffer.concat([payload, endorsement.getEndorser_asU8()]);
    endorsement.setSignature(await signAs(endorserOf(endorsement), message));
  }
}

/** Of the chaincode that was invoked; its public part. */
function change({ results, chaincodeAction }: Opened, edit: (set: ledger.rwset.kvrwset.KVRWSet) => unknown): void {
  const name = chaincodeAction.getChaincodeId()?.getName();
  const namespace = results.getNsRwsetList().find((candidate) => candidate.getNamespace() === name);
  if (namespace === undefined) return;
  const set = KVRWSet.deserializeBinary(namespace.getRwset_asU8());
  edit(set);
  namespace.setRwset(set.serializeBinary());
}

function namespaceWith(name: string, writes: ledger.rwset.kvrwset.KVWrite[]): Namespace {
  const set = new KVRWSet();
  set.setWritesList(writes);
  const namespace = new ledger.rwset.NsReadWriteSet();
  namespace.setNamespace(name);
  namespace.setRwset(set.serializeBinary());
  return namespace;
}

function writeOf(key: string, value: string): ledger.rwset.kvrwset.KVWrite {
  const write = new KVWrite();
  write.setKey(key);
  write.setValue(Buffer.from(value));
  return write;
}

function lastBitFlipped(bytes: Uint8Array): Uint8Array {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8((flipped.at(-1) ?? 0) ^ 1, flipped.length - 1);
  return flipped;
}

function isSigned(fault: EnvelopeFault): fault is keyof typeof signed {
  return Object.hasOwn(signed, fault);
}

function keysOf<Key extends string>(record: Record<Key, unknown>): Key[] {
  return Object.keys(record) as Key[];
}
