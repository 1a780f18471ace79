import {
  canonicalJson,
  commitmentOf,
  type Consortium,
  type Context,
  deriveSalt,
  type Header,
  hasPrivatePart,
  isPrivateHeader,
  majoritySets,
  type PrivateRecord,
  type Json,
  type PlacedType,
  privateRecordBytes,
  ProofwardError,
  publicSchemaOf,
  saltPrivate,
  schemaVersionOf,
  standingIn,
} from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import { contractOf, endorsersOf, kinds } from '../kinds.js';
import { parseAnyHeader, parseHeader, parseHistory, parsePrivateRecord, parseWritten } from './answer.js';
import type { Call, Committed, Ledger } from './ledger.js';
import { isConflict, refuseInvalid } from './validation.js';

export interface CreateCommand {
  type: PlacedType;
  id: string;
  publicFields: Record<string, unknown>;
  /** Undefined where the type has no private part. */
  privateFields: Record<string, unknown> | undefined;
  /** What is presented of others' records, as JSON. */
  presentations?: string | undefined;
  effectiveAt?: string | undefined;
  /** The epoch of the collection that it goes to; the one in force where absent. */
  epoch?: number | undefined;
}

export interface TransitionCommand {
  type: PlacedType;
  id: string;
  to: string;
  reasonCode?: string | undefined;
  revision?: number | undefined;
  effectiveAt?: string | undefined;
}

export interface StopCommand {
  id: string;
  kind: 'stop' | 'rollback';
  returnedTo?: string | undefined;
  approvals?: readonly string[] | undefined;
  effectiveAt?: string | undefined;
}

/** A record as the ledger has it, and where its header was written. */
export interface Registered {
  header: Header;
  block: number;
  txId: string;
  /** True where this request found the record and did not make it. */
  replay: boolean;
}

/** A record that was made or found, with its private part where it has one. */
export type Created = Registered & { record: PrivateRecord | undefined };

const outcomePatience = 5_000;
const contentionAttempts = 6;
const createAttempts = 3;

/** Turns commands into transactions, so that the same command again is the same answer and never a second record. */
export class Registrar {
  constructor(
    private readonly ledger: Ledger,
    private readonly consortium: Consortium,
    private readonly commitmentKey: Uint8Array,
    private readonly ownMspId: string,
  ) {}

  /** @throws ProofwardError RECORD_EXISTS and what the ledger refuses */
  async create(caller: LedgerIdentity, command: CreateCommand): Promise<Created> {
    const derived = this.seal(command, (context, name, value) => deriveSalt(this.commitmentKey, context, name, value));
    let outcome = await this.tryCreate(caller, command, derived);
    // What was in the way did not make the record. An endorser sees the commitment before it is committed, and an
    // attestation's key may have been written by two others; so the next try has new salts, and with them a new key.
    for (let attempt = 2; isCommitted(outcome) && attempt <= createAttempts; attempt++) {
      outcome = await this.tryCreate(
        caller,
        command,
        this.seal(command, () => randomSalt()),
      );
    }
    if (isCommitted(outcome)) throw refuseInvalid(outcome);
    return outcome;
  }

  /** @throws ProofwardError REVISION_CONFLICT, CONTENTION and what the ledger refuses */
  async transition(caller: LedgerIdentity, command: TransitionCommand): Promise<Registered> {
    const { type, id, to, revision, effectiveAt, reasonCode } = command;
    const contract = contractOf(type);
    const header = await this.read(caller, type, id);
    const epoch = header.type === 'role' ? 1 : header.epoch;
    const consortium = await this.consortiumNow(caller, type);
    const sets = endorsersOf(consortium, kinds[type], id, header, epoch, this.ownMspId);
    // The note's key follows from its salt, so that one that somebody has written first is in the way once.
    const call = (): Call => ({
      contract,
      name: 'transition',
      argument: canonicalJson({ id, to, revision, effectiveAt }),
      private: reasonCode && canonicalJson({ reasonCode, salt: randomSalt() }),
    });
    return this.revise(caller, call, sets, () => {
      if (revision !== undefined)
        throw new ProofwardError('REVISION_CONFLICT', `${id} was changed at the same time`, { pointer: '/revision' });
    });
  }

  /** Stops a deployment, or rolls it back. The site endorses that alone. */
  stop(caller: LedgerIdentity, command: StopCommand): Promise<Registered> {
    const call: Call = { contract: contractOf('deployment'), name: 'stop', argument: canonicalJson(command) };
    return this.revise(
      caller,
      () => call,
      [[this.ownMspId]],
      () => undefined,
    );
  }

  /** Writes the role record of an organisation as the approved consortium file has it. */
  async applyRole(caller: LedgerIdentity, org: string): Promise<Registered> {
    const call: Call = { contract: 'roles', name: 'apply', argument: canonicalJson({ org }) };
    return this.revise(
      caller,
      () => call,
      majoritySets(this.consortium, this.ownMspId),
      () => undefined,
    );
  }

  /** The record, or the invalid transaction after which the id is still free. */
  private async tryCreate(
    caller: LedgerIdentity,
    command: CreateCommand,
    record: PrivateRecord | undefined,
  ): Promise<Created | Committed> {
    const { type, id, publicFields, effectiveAt, presentations, epoch } = command;
    const commitment = record && commitmentOf(this.consortium.channel, record);
    const call: Call = {
      contract: contractOf(type),
      name: 'create',
      argument: canonicalJson({ id, ...publicFields, commitment, effectiveAt }),
      private: record && Buffer.from(privateRecordBytes(record)).toString('utf8'),
      presentations,
    };
    const sets = endorsersOf(await this.consortiumNow(caller, type), kinds[type], id, publicFields, epoch);
    let transaction;
    try {
      transaction = await this.ledger.endorse(caller, call, sets);
    } catch (error) {
      if (!(error instanceof ProofwardError) || error.code !== 'RECORD_EXISTS') throw error;
      return this.replayWithOtherSalts(caller, command, error);
    }
    const { header, replay } = parseWritten(text(transaction.getResult()));
    if (replay) return { ...(await this.locate(caller, header)), record };
    const committed = await this.ledger.commit(caller, transaction);
    if (committed.code === 0) return { header, ...position(committed), replay: false, record };
    if (!isConflict(committed.code)) throw refuseInvalid(committed);
    return (await this.winnerOf(caller, command, record, commitment)) ?? committed;
  }

  /** Another transaction of the same id was first. The same content is our answer too. */
  private async winnerOf(
    caller: LedgerIdentity,
    command: CreateCommand,
    record: PrivateRecord | undefined,
    commitment: string | undefined,
  ): Promise<Created | undefined> {
    const { type, id } = command;
    let header: Header;
    try {
      header = await this.read(caller, type, id);
    } catch (error) {
      if (error instanceof ProofwardError && error.code === 'RECORD_NOT_FOUND') return undefined;
      throw error;
    }
    const recorded = isPrivateHeader(header) ? header.commitment : undefined;
    if (recorded === commitment && samePublic(command, header)) {
      return { ...(await this.locate(caller, header)), record };
    }
    const exists = new ProofwardError('RECORD_EXISTS', `${id} is recorded with another content`, { pointer: '/id' });
    return this.replayWithOtherSalts(caller, command, exists);
  }

  /**
   * Chaincode compares commitments, which depend on the commitment key of the time. Whether the content is the same is
   * decided with the salts of the record that exists.
   */
  private async replayWithOtherSalts(
    caller: LedgerIdentity,
    command: CreateCommand,
    exists: ProofwardError,
  ): Promise<Created> {
    const { type, id } = command;
    const header = await this.read(caller, type, id);
    if (!isPrivateHeader(header) || !samePublic(command, header)) throw exists;
    let existing: PrivateRecord;
    try {
      const call = { contract: contractOf(type), name: 'readPrivate', argument: id };
      existing = parsePrivateRecord(await this.ledger.evaluate(caller, call));
    } catch (error) {
      // Who may not read what exists learns only that something does.
      if (error instanceof ProofwardError && error.status < 500) throw exists;
      throw error;
    }
    const record = this.seal(command, (_, name) => existing.fields[name]?.salt ?? '', existing.schema);
    if (record === undefined || commitmentOf(this.consortium.channel, record) !== header.commitment) throw exists;
    return { ...(await this.locate(caller, header)), record };
  }

  private async revise(
    caller: LedgerIdentity,
    call: () => Call,
    sets: string[][],
    onConflict: () => void,
  ): Promise<Registered> {
    for (let attempt = 1; attempt <= contentionAttempts; attempt++) {
      const transaction = await this.ledger.endorse(caller, call(), sets);
      const { header, replay } = parseWritten(text(transaction.getResult()));
      if (replay) return this.locate(caller, header);
      const committed = await this.ledger.commit(caller, transaction);
      if (committed.code === 0) return { header, ...position(committed), replay: false };
      if (!isConflict(committed.code)) throw refuseInvalid(committed);
      onConflict();
      await delay(Math.random() * 40 * 2 ** attempt);
    }
    throw new ProofwardError('CONTENTION', 'other writers kept changing the record');
  }

  /** The consortium, where the type's endorsers follow from the organisations' standing with what was voted on it. */
  private async consortiumNow(caller: LedgerIdentity, type: PlacedType): Promise<Consortium> {
    if (type !== 'dispute') return this.consortium;
    const organizations = await Promise.all(
      this.consortium.organizations.map(async (organization) => {
        try {
          const call = { contract: contractOf('role'), name: 'read', argument: organization.slug };
          const header = parseHeader(await this.ledger.evaluate(caller, call));
          return { ...organization, status: standingIn(header) };
        } catch (error) {
          if (error instanceof ProofwardError && error.code === 'RECORD_NOT_FOUND') return organization;
          throw error;
        }
      }),
    );
    return { ...this.consortium, organizations };
  }

  /** @throws ProofwardError RECORD_NOT_FOUND */
  async read(caller: LedgerIdentity, type: PlacedType, id: string): Promise<Header> {
    return parseHeader(await this.ledger.evaluate(caller, { contract: contractOf(type), name: 'read', argument: id }));
  }

  /** The latest amendment of a field, if there is one. */
  async latestAmendment(
    caller: LedgerIdentity,
    { record, field }: { record: string; field: string },
  ): Promise<Header | undefined> {
    const argument = canonicalJson({ record, field });
    return parseAnyHeader(
      await this.ledger.evaluate(caller, { contract: contractOf('amendment'), name: 'latest', argument }),
    );
  }

  /** Where the header that was found is written: its creation, or the last revision of its history. */
  private async locate(caller: LedgerIdentity, header: Header): Promise<Registered> {
    const txId = header.revision === 1 ? header.createdTx : await this.lastWriter(caller, header);
    const outcome = await this.ledger.outcomeOf(caller, txId, outcomePatience);
    if (outcome === undefined)
      throw new ProofwardError('LEDGER_UNAVAILABLE', 'the peer does not say in which block the record is');
    return { header, block: outcome.block, txId, replay: true };
  }

  private async lastWriter(caller: LedgerIdentity, header: Header): Promise<string> {
    const argument = header.type === 'role' ? (/:(.+)\//.exec(header.id)?.[1] ?? '') : header.id;
    const history = parseHistory(
      await this.ledger.evaluate(caller, { contract: contractOf(header.type), name: 'history', argument }),
    );
    return history.find((entry) => entry.header.revision === header.revision)?.txId ?? header.createdTx;
  }

  private seal(
    { type, id, privateFields }: CreateCommand,
    saltOf: SaltOf,
    schema = schemaVersionOf(type),
  ): PrivateRecord | undefined {
    if (!hasPrivatePart(type)) return undefined;
    const context: Context = { channel: this.consortium.channel, type, id, revision: 1 };
    const record = saltPrivate(context, privateFields ?? {}, (name, value) => saltOf(context, name, value), schema);
    // As it is stored and read again, so that an answer to a write and one to a read are the same text.
    return JSON.parse(canonicalJson(record)) as PrivateRecord;
  }
}

/** A field's salt. */
type SaltOf = (context: Context, name: string, value: Json) => string;

function isCommitted(result: object): result is Committed {
  return 'code' in result;
}

function samePublic({ type, publicFields }: CreateCommand, header: Header): boolean {
  const names = Object.keys(publicSchemaOf(type, header.schema)?.shape ?? {});
  const recorded = Object.fromEntries(Object.entries(header).filter(([name]) => names.includes(name)));
  return canonicalJson(recorded) === canonicalJson(publicFields);
}

function position({ block, transactionId }: Committed) {
  return { block, txId: transactionId };
}

/** 32 bytes in hex, as every salt. */
function randomSalt(): string {
  return randomBytes(32).toString('hex');
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
