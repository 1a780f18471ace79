import {
  type Consortium,
  digestSchema,
  formatTime,
  formatId,
  headerKeyOfStop,
  type Header,
  type HeaderOf,
  isFinal,
  isPrivateHeader,
  NetworkClock,
  parseHeaderKey,
  type PrivateRecord,
  readStop,
  withStop,
} from '@proofward/evidence';
import { setImmediate } from 'node:timers/promises';
import { collectionOf } from '../kinds.js';
import { type HeaderWrite, isMarked, readHeaderWrite } from './authenticity.js';
import type { CommittedBlock, CommittedTransaction, PublicWrite } from './block.js';
import { keyHashOf, readPrivateRecord, readTransitionNote } from './private-part.js';

/** A record as it is known before a block. */
export interface KnownRecord {
  ledgerKey: string;
  revision: number;
  /** Of a deployment its header, to which a stop is added. */
  deployment?: HeaderOf<'deployment'> | undefined;
}

export function knownRecord(ledgerKey: string, header: Header): KnownRecord {
  const { revision } = header;
  return { ledgerKey, revision, ...(header.type === 'deployment' ? { deployment: header } : {}) };
}

/** A header's revision that is to be stored. */
export interface Revision {
  key: string;
  header: Header;
  block: number;
  /** The place of the write among the block's writes. */
  position: number;
  txId: string;
  /** When it was there for all to see, by the network's clock; where its transaction claims no time, what the header says. */
  knownAt?: string | undefined;
  /** Whether its transaction claims to be older than the network's clock bears out. */
  isBehind?: boolean;
}

/** Where a private record lies. */
interface PrivatePart {
  id: string;
  commitment: string;
  collection: string;
  keyHash: string;
}

/** What blocks change in the read model. */
export interface Changes {
  transactions: { txId: string; block: number; code: number }[];
  revisions: Revision[];
  /** Ledger keys whose header was deleted. */
  deleted: string[];
  privateRecords: (PrivatePart & { record: PrivateRecord })[];
  missing: PrivatePart[];
  /** Why records changed their state. */
  notes: { id: string; revision: number; collection: string; keyHash: string; reasonCode: string }[];
  /** Private keys that were purged or deleted. */
  gone: { collection: string; keyHash: string }[];
  /** Writes that look like a header's and are not authentic. */
  ignored: number;
  /** The latest time that each organisation claims, in milliseconds, and the last block with a transaction of it, by MSP id. */
  claims: Map<string, { at: number; block: number }>;
}

export function noChanges(): Changes {
  return {
    transactions: [],
    revisions: [],
    deleted: [],
    privateRecords: [],
    missing: [],
    notes: [],
    gone: [],
    ignored: 0,
    claims: new Map(),
  };
}

/** What one write says by itself, whatever is known of its record. */
type Statement =
  | { of: 'stop'; id: string; headerKey: string; write: PublicWrite; index: number }
  | { of: 'deletion'; id: string; headerKey: string; index: number }
  | {
      of: 'header';
      id: string;
      index: number;
      /** Undefined where the bytes are no header of that key. */
      found: HeaderWrite | undefined;
      isMarked: boolean;
      /** The private record that came with a creation, where one did. */
      record: PrivateRecord | undefined;
    };

/** Some milliseconds of work. */
const preparedAtOnce = 8;

/** The end of what a time of a record can say. */
export const lastMoment = Date.parse('9999-12-31T23:59:59.999Z');

function placeInTime(clock: NetworkClock, { claim }: CommittedTransaction): Pick<Revision, 'knownAt' | 'isBehind'> {
  if (claim === undefined) return {};
  const { knownAt, isBehind } = clock.place(claim.at);
  clock.observe(claim.mspId, claim.at);
  return { knownAt: formatTime(Math.min(knownAt, lastMoment)), isBehind };
}

function noteClaim({ claims }: Changes, { claim }: CommittedTransaction, block: number): void {
  if (claim === undefined) return;
  const { mspId, at } = claim;
  claims.set(mspId, { at: Math.max(at, claims.get(mspId)?.at ?? at), block });
}

/** Derives the changes of blocks, in their order. */
export class ChangeReader {
  private readonly prepared = new WeakMap<CommittedTransaction, Statement[]>();

  constructor(
    private readonly channel: string,
    private readonly consortium: Consortium,
    private readonly ownMspId: string,
  ) {}

  /**
   * Does what is most of the work of a block, and needs no database, ahead of `read`: headers and private records are parsed
   * and held against marks and commitments. The block is not to be changed afterwards.
   */
  async prepare({ transactions }: CommittedBlock): Promise<void> {
    for (const [index, transaction] of transactions.entries()) {
      // So that no request waits for a whole block.
      if (index % preparedAtOnce === preparedAtOnce - 1) await setImmediate();
      this.prepared.set(transaction, this.statementsOf(transaction));
    }
  }

  /** The ids of which the blocks write headers: those whose present state `read` has to know. */
  idsIn(blocks: readonly CommittedBlock[]): string[] {
    const ids = new Set<string>();
    for (const { transactions } of blocks)
      for (const transaction of transactions) for (const { id } of this.statements(transaction)) ids.add(id);
    return [...ids];
  }

  /** `known` and `clock` are brought up to date with the blocks. */
  read(blocks: readonly CommittedBlock[], known: Map<string, KnownRecord>, clock = new NetworkClock()): Changes {
    const changes = noChanges();
    for (const block of blocks) {
      let position = 0;
      for (const transaction of block.transactions) {
        const { txId, code } = transaction;
        // An invalid transaction can have anything for an id, and nobody asks for what is not a digest.
        if (digestSchema.safeParse(txId).success) changes.transactions.push({ txId, block: block.number, code });
        const time = placeInTime(clock, transaction);
        noteClaim(changes, transaction, block.number);
        this.readTransaction({ block: block.number, position, ...time }, transaction, known, changes);
        position += transaction.writes.length;
      }
    }
    return changes;
  }

  private statements(transaction: CommittedTransaction): Statement[] {
    return this.prepared.get(transaction) ?? this.statementsOf(transaction);
  }

  private statementsOf(transaction: CommittedTransaction): Statement[] {
    return transaction.writes.flatMap((write, index): Statement[] => {
      const stopped = headerKeyOfStop(write.key);
      const headerKey = stopped ?? write.key;
      const named = parseHeaderKey(headerKey);
      if (named === undefined) return [];
      const id = formatId(named.id);
      if (stopped !== undefined) return [{ of: 'stop', id, headerKey, write, index }];
      if (write.isDelete) return [{ of: 'deletion', id, headerKey, index }];
      const found = readHeaderWrite(this.channel, write, named);
      const isCreation = found?.header.revision === 1;
      const isOfAuthor = isCreation && isMarked(this.consortium, found, transaction);
      const record = isOfAuthor ? this.privateRecordOf(found.header, transaction) : undefined;
      return [{ of: 'header', id, index, found, isMarked: isOfAuthor, record }];
    });
  }

  private readTransaction(
    { position: first, ...at }: Pick<Revision, 'block' | 'position' | 'knownAt' | 'isBehind'>,
    transaction: CommittedTransaction,
    known: Map<string, KnownRecord>,
    changes: Changes,
  ): void {
    for (const { collection, keyHash, isGone } of transaction.hashedWrites) {
      if (isGone) changes.gone.push({ collection, keyHash });
    }
    for (const statement of this.statements(transaction)) {
      const place = { ...at, position: first + statement.index, txId: transaction.txId };
      if (statement.of === 'stop') {
        this.readStop(statement, place, known, changes);
        continue;
      }
      if (statement.of === 'deletion') {
        changes.deleted.push(statement.headerKey);
        continue;
      }
      const { found, record } = statement;
      if (found === undefined || !this.follows(known.get(found.header.id), found, statement.isMarked, transaction)) {
        changes.ignored++;
        continue;
      }
      const { key, header } = found;
      known.set(header.id, knownRecord(key, header));
      changes.revisions.push({ key, header, ...place });
      if (changes.deleted.length > 0) changes.deleted = changes.deleted.filter((deleted) => deleted !== key);
      if (header.revision === 1) this.takePrivatePart(header, record, changes);
      else this.readNote(header, transaction, changes);
    }
  }

  /** A creation carries its mark; a revision is the next one under the key that the creation took. */
  private follows(
    known: KnownRecord | undefined,
    write: HeaderWrite,
    isMarkedCreation: boolean,
    { txId }: CommittedTransaction,
  ): boolean {
    if (known === undefined) return isMarkedCreation && write.header.createdTx === txId;
    // What was stopped stays so, whoever writes its header later.
    if (known.deployment !== undefined && isFinal(known.deployment)) return false;
    return known.ledgerKey === write.key && write.header.revision === known.revision + 1;
  }

  /**
   * The first stop of a deployment is its next and last revision. Its key's policy is the site alone, from the transaction on
   * that made the deployment, so nobody else can have written it.
   */
  private readStop(
    { id, headerKey: key, write: { value, isDelete } }: Statement & { of: 'stop' },
    place: Omit<Revision, 'key' | 'header'>,
    known: Map<string, KnownRecord>,
    changes: Changes,
  ): void {
    if (isDelete) return;
    const found = known.get(id);
    if (found?.deployment === undefined || found.ledgerKey !== key) return;
    const stop = readStop(found.deployment.id, value);
    if (stop === undefined || found.deployment.status !== 'running') return;
    const header = withStop(found.deployment, stop);
    known.set(header.id, knownRecord(key, header));
    changes.revisions.push({ key, header, ...place });
  }

  /** The private record of a creation, if it came with it and is the one that its header commits to. */
  private privateRecordOf(header: Header, { privateWrites }: CommittedTransaction): PrivateRecord | undefined {
    if (!isPrivateHeader(header)) return undefined;
    const collection = this.collectionHeld(header);
    const { id, commitment } = header;
    const bytes = privateWrites.find((write) => write.collection === collection && write.key === commitment)?.value;
    return bytes && readPrivateRecord(this.channel, id, commitment, bytes);
  }

  private takePrivatePart(header: Header, record: PrivateRecord | undefined, changes: Changes): void {
    if (!isPrivateHeader(header)) return;
    const collection = this.collectionHeld(header);
    if (collection === undefined) return;
    const { commitment, id } = header;
    const part = { id, commitment, collection, keyHash: keyHashOf(commitment) };
    if (record === undefined) changes.missing.push(part);
    else changes.privateRecords.push({ ...part, record });
  }

  /** A revision carries its author's endorsement, and so does the note in the same transaction. */
  private readNote(header: Header, { privateWrites }: CommittedTransaction, changes: Changes): void {
    const collection = this.collectionHeld(header);
    if (collection === undefined) return;
    const { id, revision } = header;
    for (const write of privateWrites) {
      const note = write.collection === collection ? readTransitionNote(this.channel, header, write) : undefined;
      if (note === undefined) continue;
      changes.notes.push({ id, revision, collection, keyHash: keyHashOf(write.key), reasonCode: note.reasonCode });
      return;
    }
  }

  /** The collection of a header's private part, where the own organisation is a member of it. */
  private collectionHeld(header: Header): string | undefined {
    if (!isPrivateHeader(header)) return undefined;
    const home = collectionOf(this.consortium, header, this.ownMspId);
    return home?.members.includes(this.ownMspId) === true ? home.collection : undefined;
  }
}
