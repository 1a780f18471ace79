import { common, ledger, msp, peer } from '@hyperledger/fabric-protos';
import { canonicalJson, type Consortium } from '@proofward/evidence';
import { hash } from 'node:crypto';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import type { Effects, PrivateWrite } from './effects.js';
import type { Step } from './history.js';

const { kvrwset } = ledger.rwset;
const version = '1.0';
/** The name under which Fabric keeps a key's policy (fabric-protos peer/policy.proto, MetaDataKeys). */
const validationParameter = 'VALIDATION_PARAMETER';
/** Of the usual length. Nobody who reads a block from its own peer looks at one. */
const signature = new Uint8Array(71).fill(0x30);

const sha256 = (bytes: Uint8Array | string): Buffer => hash('sha256', bytes, 'buffer');

/** The certificates of one organisation: of whoever submits, and of the peer that endorses. */
export interface Certificates {
  client: string;
  peer: string;
}

/** Transactions as Fabric writes them: an envelope, and what a member's peer has of its private writes. */
export class Envelopes {
  private readonly creators = new Map<string, Uint8Array>();
  private readonly endorsers = new Map<string, Uint8Array>();

  /** @param certificates by the organisation's slug */
  constructor(
    private readonly consortium: Consortium,
    private readonly chaincode: string,
    certificates: Readonly<Record<string, Certificates>>,
    private readonly isHeld: (collection: string) => boolean,
  ) {
    for (const { slug, mspId } of consortium.organizations) {
      const found = certificates[slug];
      if (found === undefined) throw new Error(`no certificates of ${slug}`);
      this.creators.set(slug, serializedIdentity(mspId, found.client));
      this.endorsers.set(mspId, serializedIdentity(mspId, found.peer));
    }
  }

  /** SHA-256 of nonce and creator, in hex, as Fabric has it. */
  readonly txIdOf = (number: number, author: string): string =>
    hash('sha256', Buffer.concat([nonceOf(number), this.creator(author)]));

  encode(step: Step, effects: Effects): { envelope: Uint8Array; held: ledger.rwset.TxPvtReadWriteSet | undefined } {
    const byCollection = new Map<string, PrivateWrite[]>();
    for (const write of effects.privateWrites) {
      const found = byCollection.get(write.collection);
      if (found === undefined) byCollection.set(write.collection, [write]);
      else found.push(write);
    }
    const privateSets = [...byCollection]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([collection, writes]) => ({ collection, writes, bytes: privateSet(writes) }));
    const held = privateSets.filter(({ collection }) => this.isHeld(collection));
    return {
      envelope: this.envelope(step, effects, privateSets),
      held: held.length === 0 ? undefined : this.heldSet(held),
    };
  }

  private envelope(step: Step, effects: Effects, privateSets: readonly PrivateSet[]): Uint8Array {
    const txId = this.txIdOf(step.number, step.author);
    const signatureHeader = new common.SignatureHeader();
    signatureHeader.setCreator(this.creator(step.author));
    signatureHeader.setNonce(nonceOf(step.number));
    const signer = signatureHeader.serializeBinary();
    const header = new common.Header();
    header.setChannelHeader(this.channelHeader(txId, step.at));
    header.setSignatureHeader(signer);

    const endorsed = new peer.ChaincodeEndorsedAction();
    endorsed.setProposalResponsePayload(this.response(txId, effects, privateSets));
    endorsed.setEndorsementsList(effects.endorsers.map((mspId) => this.endorsement(mspId)));
    const actionPayload = new peer.ChaincodeActionPayload();
    actionPayload.setChaincodeProposalPayload(this.proposal(step.fn, effects.argument));
    actionPayload.setAction(endorsed);
    const action = new peer.TransactionAction();
    action.setHeader(signer);
    action.setPayload(actionPayload.serializeBinary());
    const transaction = new peer.Transaction();
    transaction.setActionsList([action]);

    const payload = new common.Payload();
    payload.setHeader(header);
    payload.setData(transaction.serializeBinary());
    const envelope = new common.Envelope();
    envelope.setPayload(payload.serializeBinary());
    envelope.setSignature(signature);
    return envelope.serializeBinary();
  }

  private channelHeader(txId: string, at: string): Uint8Array {
    const extension = new peer.ChaincodeHeaderExtension();
    const chaincodeId = new peer.ChaincodeID();
    chaincodeId.setName(this.chaincode);
    extension.setChaincodeId(chaincodeId);
    const timestamp = new timestampPb.Timestamp();
    timestamp.fromDate(new Date(at));
    const header = new common.ChannelHeader();
    header.setType(common.HeaderType.ENDORSER_TRANSACTION);
    header.setTimestamp(timestamp);
    header.setChannelId(this.consortium.channel);
    header.setTxId(txId);
    header.setExtension$(extension.serializeBinary());
    return header.serializeBinary();
  }

  private proposal(fn: string, argument: object): Uint8Array {
    const input = new peer.ChaincodeInput();
    input.setArgsList([Buffer.from(fn), Buffer.from(canonicalJson(argument))]);
    const spec = new peer.ChaincodeSpec();
    spec.setType(peer.ChaincodeSpec.Type.NODE);
    spec.setChaincodeId(this.chaincodeId());
    spec.setInput(input);
    const invocation = new peer.ChaincodeInvocationSpec();
    invocation.setChaincodeSpec(spec);
    const payload = new peer.ChaincodeProposalPayload();
    payload.setInput(invocation.serializeBinary());
    return payload.serializeBinary();
  }

  private response(txId: string, { header, writes }: Effects, privateSets: readonly PrivateSet[]): Uint8Array {
    const { type, id, revision, status } = header;
    const event = new peer.ChaincodeEvent();
    event.setChaincodeId(this.chaincode);
    event.setTxId(txId);
    event.setEventName('record');
    event.setPayload(Buffer.from(JSON.stringify({ type, id, revision, status })));
    const response = new peer.Response();
    response.setStatus(200);
    response.setPayload(Buffer.from(canonicalJson({ header, ...(revision === 1 ? { replay: false } : {}) })));
    const action = new peer.ChaincodeAction();
    action.setResults(this.results(writes, privateSets));
    action.setEvents(event.serializeBinary());
    action.setResponse(response);
    action.setChaincodeId(this.chaincodeId());
    const payload = new peer.ProposalResponsePayload();
    payload.setProposalHash(sha256(txId));
    payload.setExtension$(action.serializeBinary());
    return payload.serializeBinary();
  }

  private results(writes: Effects['writes'], privateSets: readonly PrivateSet[]): Uint8Array {
    const rwset = new kvrwset.KVRWSet();
    rwset.setReadsList(writes.map(({ key }) => read(key)));
    rwset.setWritesList(writes.map(({ key, value }) => put(key, value)));
    rwset.setMetadataWritesList(
      writes.flatMap(({ key, policy }) => {
        if (policy === undefined) return [];
        const write = new kvrwset.KVMetadataWrite();
        write.setKey(key);
        write.setEntriesList([entry(policy)]);
        return [write];
      }),
    );
    const set = new ledger.rwset.NsReadWriteSet();
    set.setNamespace(this.chaincode);
    set.setRwset(rwset.serializeBinary());
    set.setCollectionHashedRwsetList(privateSets.map(hashedSet));
    // The lifecycle's own namespace is in each set: that the chaincode's definition was read.
    const lifecycle = new ledger.rwset.NsReadWriteSet();
    const definition = new kvrwset.KVRWSet();
    definition.setReadsList([read(`namespaces/fields/${this.chaincode}/Sequence`)]);
    lifecycle.setNamespace('_lifecycle');
    lifecycle.setRwset(definition.serializeBinary());
    const results = new ledger.rwset.TxReadWriteSet();
    results.setDataModel(ledger.rwset.TxReadWriteSet.DataModel.KV);
    results.setNsRwsetList([lifecycle, set]);
    return results.serializeBinary();
  }

  private heldSet(held: readonly PrivateSet[]): ledger.rwset.TxPvtReadWriteSet {
    const set = new ledger.rwset.NsPvtReadWriteSet();
    set.setNamespace(this.chaincode);
    set.setCollectionPvtRwsetList(
      held.map(({ collection, bytes }) => {
        const one = new ledger.rwset.CollectionPvtReadWriteSet();
        one.setCollectionName(collection);
        one.setRwset(bytes);
        return one;
      }),
    );
    const sets = new ledger.rwset.TxPvtReadWriteSet();
    sets.setDataModel(ledger.rwset.TxReadWriteSet.DataModel.KV);
    sets.setNsPvtRwsetList([set]);
    return sets;
  }

  private endorsement(mspId: string): peer.Endorsement {
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(this.endorsers.get(mspId) ?? new Uint8Array());
    endorsement.setSignature(signature);
    return endorsement;
  }

  private chaincodeId(): peer.ChaincodeID {
    const id = new peer.ChaincodeID();
    id.setName(this.chaincode);
    id.setVersion(version);
    return id;
  }

  private creator(slug: string): Uint8Array {
    const found = this.creators.get(slug);
    if (found === undefined) throw new Error(`nobody of ${slug} submits`);
    return found;
  }
}

interface PrivateSet {
  collection: string;
  writes: readonly PrivateWrite[];
  bytes: Uint8Array;
}

function nonceOf(number: number): Buffer {
  return sha256(`nonce ${number}`).subarray(0, 24);
}

function serializedIdentity(mspId: string, certificate: string): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(certificate));
  return identity.serializeBinary();
}

function privateSet(writes: readonly PrivateWrite[]): Uint8Array {
  const set = new kvrwset.KVRWSet();
  set.setWritesList(writes.map(({ key, value }) => put(key, value)));
  return set.serializeBinary();
}

/** What every peer sees of private writes. */
function hashedSet({ collection, writes, bytes }: PrivateSet): ledger.rwset.CollectionHashedReadWriteSet {
  const reads: ledger.rwset.kvrwset.KVReadHash[] = [];
  const puts: ledger.rwset.kvrwset.KVWriteHash[] = [];
  const policies: ledger.rwset.kvrwset.KVMetadataWriteHash[] = [];
  for (const { key, value, policy } of writes) {
    const keyHash = sha256(key);
    const one = new kvrwset.KVReadHash();
    one.setKeyHash(keyHash);
    reads.push(one);
    const write = new kvrwset.KVWriteHash();
    write.setKeyHash(keyHash);
    write.setValueHash(sha256(value));
    puts.push(write);
    if (policy === undefined) continue;
    const metadata = new kvrwset.KVMetadataWriteHash();
    metadata.setKeyHash(keyHash);
    metadata.setEntriesList([entry(policy)]);
    policies.push(metadata);
  }
  const hashed = new kvrwset.HashedRWSet();
  hashed.setHashedReadsList(reads);
  hashed.setHashedWritesList(puts);
  hashed.setMetadataWritesList(policies);
  const set = new ledger.rwset.CollectionHashedReadWriteSet();
  set.setCollectionName(collection);
  set.setHashedRwset(hashed.serializeBinary());
  set.setPvtRwsetHash(sha256(bytes));
  return set;
}

function put(key: string, value: Uint8Array): ledger.rwset.kvrwset.KVWrite {
  const write = new kvrwset.KVWrite();
  write.setKey(key);
  write.setValue(value);
  return write;
}

function read(key: string): ledger.rwset.kvrwset.KVRead {
  const one = new kvrwset.KVRead();
  one.setKey(key);
  return one;
}

function entry(policy: Uint8Array): ledger.rwset.kvrwset.KVMetadataEntry {
  const one = new kvrwset.KVMetadataEntry();
  one.setName(validationParameter);
  one.setValue(policy);
  return one;
}
