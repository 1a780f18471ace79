import {
  bytesToHex,
  commitmentOf,
  type Consortium,
  formatTime,
  hasPrivatePart,
  type Header,
  headerBytes,
  headerKey,
  headerSchema,
  type HeaderOf,
  initialState,
  markHash,
  markKey,
  markValue,
  noStopBytes,
  parseId,
  type PlacedType,
  type PrivateType,
  privateRecordBytes,
  schemaVersionOf,
  sealPrivate,
  sha256,
  type Stop,
  stopBytes,
  stopKey,
  utf8ToBytes,
} from '@proofward/evidence';
import { collectionOf, markCopies, markHome } from '../kinds.js';
import type { CommittedBlock, CommittedTransaction } from '../projection/block.js';

/** Of the salts: nothing here is secret. */
const saltKey = new Uint8Array(32);

/** What a record is made of. */
export interface Draft {
  id: string;
  fields: Record<string, unknown>;
  /** The transaction's claim, in milliseconds. */
  at: number;
  effectiveAt?: string;
  /** Without them the private part has not arrived. */
  values?: Record<string, unknown>;
}

/** A chain of valid blocks, as the projection reads them from a peer, with all bytes by evidence's encoders. */
export class SimulatedChain {
  private height = 0;
  private last = '';
  private transactions = 0;

  constructor(private readonly consortium: Consortium) {}

  /** The next block. */
  block(transactions: CommittedTransaction[]): CommittedBlock {
    const number = this.height++;
    const hash = bytesToHex(sha256(utf8ToBytes(`${this.last} ${number}`)));
    const block = { number, hash, previousHash: this.last, transactions };
    this.last = hash;
    return block;
  }

  /** A record's creation, and its header. */
  create({ id, fields, at, effectiveAt, values }: Draft): { header: Header; transaction: CommittedTransaction } {
    const { channel } = this.consortium;
    const { type, org } = parseId(id);
    const author = this.mspId(org);
    const transaction = this.transaction(author, at);
    const sealed = values && sealPrivate(saltKey, { channel, type: type as PrivateType, id, revision: 1 }, values);
    const commitment = sealed === undefined ? transaction.txId : commitmentOf(channel, sealed);
    const recordedAt = formatTime(at);
    const header = headerSchema.parse({
      type,
      id,
      schema: schemaVersionOf(type),
      author,
      createdTx: transaction.txId,
      status: initialState(type),
      revision: 1,
      ...(hasPrivatePart(type) ? { commitment, privateRevision: 1 } : {}),
      epoch: 1,
      ...fields,
      recordedAt,
      effectiveAt: effectiveAt ?? recordedAt,
    });
    const mark = markValue(channel, header);
    const key = this.keyOf(header);
    for (const collection of [markHome(this.consortium, header) ?? '', ...markCopies(this.consortium, header)]) {
      const keyHash = bytesToHex(sha256(utf8ToBytes(markKey(parseId(id)))));
      transaction.hashedWrites.push({ collection, keyHash, valueHash: bytesToHex(markHash(mark)), isGone: false });
    }
    transaction.writes.push({ key, isDelete: false, value: headerBytes(header) });
    if (type === 'deployment') transaction.writes.push({ key: stopKey(key), isDelete: false, value: noStopBytes(id) });
    if (sealed !== undefined) {
      const { collection = '' } = collectionOf(this.consortium, header as HeaderOf<PlacedType>) ?? {};
      transaction.privateWrites.push({ collection, key: commitment, value: privateRecordBytes(sealed) });
    }
    return { header, transaction };
  }

  /** A record's next revision, by its author; in the transaction of another one where that is given. */
  revise<H extends Header>(
    before: H,
    change: Partial<H>,
    at: number,
    transaction = this.transaction(before.author, at),
  ): { header: H; transaction: CommittedTransaction } {
    const recordedAt = formatTime(at);
    const next = { ...before, revision: before.revision + 1, recordedAt, effectiveAt: recordedAt, ...change };
    const header = headerSchema.parse(next) as H;
    transaction.writes.push({ key: this.keyOf(header), isDelete: false, value: headerBytes(header) });
    return { header, transaction };
  }

  /** A site's word that a deployment is over, beside its header. */
  stop(
    header: HeaderOf<'deployment'>,
    more: Pick<Stop, 'kind'> & Partial<Stop>,
    at: number,
  ): { stop: Stop; transaction: CommittedTransaction } {
    const transaction = this.transaction(header.author, at);
    const recordedAt = formatTime(at);
    const stop: Stop = {
      schema: 1,
      deployment: header.id,
      approvals: [],
      author: header.author,
      txId: transaction.txId,
      recordedAt,
      effectiveAt: recordedAt,
      ...more,
    };
    transaction.writes.push({ key: stopKey(this.keyOf(header)), isDelete: false, value: stopBytes(stop) });
    return { stop, transaction };
  }

  /** A transaction that writes nothing yet. */
  transaction(mspId: string, at: number): CommittedTransaction {
    const txId = bytesToHex(sha256(utf8ToBytes(`transaction ${this.transactions++}`)));
    return { txId, code: 0, claim: { mspId, at }, writes: [], hashedWrites: [], privateWrites: [] };
  }

  mspId(slug: string): string {
    return this.consortium.organizations.find((one) => one.slug === slug)?.mspId ?? '';
  }

  private keyOf(header: Header): string {
    return headerKey(parseId(header.id), markHash(markValue(this.consortium.channel, header)));
  }
}
