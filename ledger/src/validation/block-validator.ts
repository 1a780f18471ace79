import { common, peer } from '@hyperledger/fabric-protos';
import type { Definitions } from '../definition/chaincode.js';
import { decode } from '../encoding/message.js';
import type { ChannelPolicies } from '../policy/channel-policies.js';
import { decodeReadWrites, type NamespaceReadWrites, writes } from '../simulation/read-write-set.js';
import type { ChannelStore } from '../state/channel-store.js';
import type { Log } from '../log.js';
import { checkEnvelope, type ValidationCode } from './envelope.js';
import { EndorsementRefused, KeyPolicies, MetadataUpdates } from './key-policies.js';
import { readConflict } from './read-conflicts.js';
import { chaincodeActionOf, openEnvelope, openFirstAction, openTransaction } from './transaction.js';
import { Updates } from './updates.js';
import { applyWrites } from './write-effects.js';

const Code = peer.TxValidationCode;

export interface ValidatedTransaction {
  readonly index: number;
  /** Empty when the envelope is too broken to have one. */
  readonly id: string;
  readonly code: ValidationCode;
  readonly readWrites: readonly NamespaceReadWrites[];
}

export interface ValidatedBlock {
  readonly transactions: readonly ValidatedTransaction[];
  readonly updates: Updates;
}

/** A transaction on its way through the checks. */
interface Candidate {
  readonly index: number;
  id: string;
  code: ValidationCode;
  readWrites: NamespaceReadWrites[];
}

/** Decides which transactions of a block are valid, in Fabric's order, and what the valid ones change. */
export class BlockValidator {
  constructor(
    private readonly channelName: string,
    private readonly store: ChannelStore,
    private readonly definitions: Definitions,
    private readonly channel: ChannelPolicies,
    private readonly log: Log,
  ) {}

  async validate(block: number, envelopes: readonly Uint8Array[]): Promise<ValidatedBlock> {
    const candidates = await this.checkEndorsements(envelopes);
    markRepeated(candidates);
    const updates = await this.checkReads(block, candidates);
    return { transactions: candidates, updates };
  }

  /** What the valid transactions of an already validated block change: for applying it again after a crash. */
  async replay(block: number, envelopes: readonly Uint8Array[], codes: Uint8Array): Promise<ValidatedBlock> {
    const updates = new Updates();
    const transactions: ValidatedTransaction[] = [];
    for (const [index, bytes] of envelopes.entries()) {
      const code = (codes[index] ?? Code.NOT_VALIDATED) as ValidationCode;
      // What was valid stays valid, whatever has become of its signers since: nothing is verified again.
      const opened = attempt(() => openTransaction(decode(common.Envelope, bytes, 'Envelope')));
      const readWrites =
        opened === undefined ? [] : (attempt(() => decodeReadWrites(opened.action.getResults_asU8())) ?? []);
      transactions.push({ index, id: opened?.header.getTxId() ?? idOf(bytes), code, readWrites });
      if (code === Code.VALID) await applyWrites(readWrites, { block, transaction: index }, this.store.view(), updates);
    }
    return { transactions, updates };
  }

  private async checkEndorsements(envelopes: readonly Uint8Array[]): Promise<Candidate[]> {
    const updates = new MetadataUpdates();
    const policies = new KeyPolicies(this.definitions, this.channel, this.store.view(), updates);
    const candidates: Candidate[] = [];
    for (const [index, bytes] of envelopes.entries()) {
      const { code, header, endorsed } = checkEnvelope(bytes, this.channelName, this.channel.membership);
      const candidate: Candidate = { index, id: header?.getTxId() ?? idOf(bytes), code, readWrites: [] };
      candidates.push(candidate);
      if (code === Code.VALID && header !== undefined && endorsed !== undefined)
        candidate.code = await this.judge(candidate, header.getExtension_asU8(), endorsed, policies, updates);
      if (candidate.code !== Code.VALID && candidate.readWrites.length === 0)
        candidate.readWrites = readWritesOf(bytes);
    }
    return candidates;
  }

  private async judge(
    candidate: Candidate,
    headerExtension: Uint8Array,
    endorsed: peer.ChaincodeEndorsedAction,
    policies: KeyPolicies,
    updates: MetadataUpdates,
  ): Promise<ValidationCode> {
    if ((await this.store.transaction(candidate.id)) !== undefined) return Code.DUPLICATE_TXID;
    try {
      return await this.checkAction(candidate, headerExtension, endorsed, policies, updates);
    } catch (cause) {
      if (!(cause instanceof EndorsementRefused)) throw cause;
      this.log.warn({ transactionId: candidate.id, reason: cause.message }, 'endorsement refused');
      return Code.ENDORSEMENT_POLICY_FAILURE;
    }
  }

  private async checkAction(
    candidate: Candidate,
    headerExtension: Uint8Array,
    endorsed: peer.ChaincodeEndorsedAction,
    policies: KeyPolicies,
    updates: MetadataUpdates,
  ): Promise<ValidationCode> {
    const extension = attempt(() => decode(peer.ChaincodeHeaderExtension, headerExtension, 'ChaincodeHeaderExtension'));
    if (extension === undefined) return Code.BAD_HEADER_EXTENSION;
    const action = attempt(() => chaincodeActionOf(endorsed));
    if (action === undefined) return Code.BAD_RESPONSE_PAYLOAD;
    const readWrites = attempt(() => decodeReadWrites(action.getResults_asU8()));
    if (readWrites === undefined) return Code.BAD_RWSET;
    candidate.readWrites = readWrites;
    updates.add(candidate.index, readWrites);
    const invoked = extension.getChaincodeId();
    const simulated = action.getChaincodeId();
    if (invoked === undefined || simulated === undefined) return Code.INVALID_OTHER_REASON;
    const name = invoked.getName();
    if (name === '' || name !== simulated.getName() || simulated.getVersion() === '') return Code.INVALID_CHAINCODE;
    if (action.getEvents_asU8().length > 0) {
      const event = attempt(() => decode(peer.ChaincodeEvent, action.getEvents_asU8(), 'ChaincodeEvent'));
      if (event?.getChaincodeId() !== name) return Code.INVALID_OTHER_REASON;
    }
    const named = new Set<string>();
    const written = new Set([name]);
    for (const ns of readWrites) {
      if (named.has(ns.namespace)) return Code.ILLEGAL_WRITESET;
      named.add(ns.namespace);
      if (writes(ns)) written.add(ns.namespace);
    }
    for (const namespace of written) {
      const definition = this.definitions.chaincode(namespace);
      if (definition === undefined) return Code.INVALID_CHAINCODE;
      await policies.check(
        candidate.index,
        definition,
        readWrites.find((ns) => ns.namespace === namespace),
        endorsed,
      );
      updates.accept(candidate.index, namespace);
    }
    return Code.VALID;
  }

  private async checkReads(block: number, candidates: readonly Candidate[]): Promise<Updates> {
    const updates = new Updates();
    const state = this.store.view();
    for (const candidate of candidates) {
      if (candidate.code !== Code.VALID) continue;
      candidate.code = await readConflict(candidate.readWrites, state, updates, this.definitions);
      if (candidate.code === Code.VALID)
        await applyWrites(candidate.readWrites, { block, transaction: candidate.index }, state, updates);
      else this.log.info({ transactionId: candidate.id, code: candidate.code }, 'read conflict');
    }
    return updates;
  }
}

function markRepeated(candidates: readonly Candidate[]): void {
  const seen = new Set<string>();
  for (const candidate of candidates) {
    if (candidate.code !== Code.VALID) continue;
    if (seen.has(candidate.id)) candidate.code = Code.DUPLICATE_TXID;
    seen.add(candidate.id);
  }
}

/** Peers keep the private data of whatever can be read, valid or not. */
function readWritesOf(bytes: Uint8Array): NamespaceReadWrites[] {
  return (
    attempt(() => {
      const { header, data } = openEnvelope(decode(common.Envelope, bytes, 'Envelope'));
      if (header.getType() !== common.HeaderType.ENDORSER_TRANSACTION) return [];
      return decodeReadWrites(chaincodeActionOf(openFirstAction(data).endorsed).getResults_asU8());
    }) ?? []
  );
}

function idOf(bytes: Uint8Array): string {
  return attempt(() => openEnvelope(decode(common.Envelope, bytes, 'Envelope')).header.getTxId()) ?? '';
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
