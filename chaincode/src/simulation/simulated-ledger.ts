import type { Context } from 'fabric-contract-api';
import type { ChaincodeStub } from 'fabric-shim-api';
import { bytesToHex, sha256, utf8ToBytes } from '@proofward/evidence';

/** One thing that a transaction did, in its order; values are hex. */
export type Effect = readonly [verb: string, ...words: string[]];

export interface Proposal {
  mspId: string;
  attributes: Record<string, string>;
  transient?: Record<string, string | Uint8Array>;
  /** Milliseconds; the client's claim. */
  timestamp?: number;
}

interface Version {
  txId: string;
  timestamp: number;
  value: Uint8Array | undefined;
}

/**
 * A channel in memory, for tests of contracts alone: it keeps what they write and tells in which order they read and wrote.
 * It knows no endorsements and no policies; those are for the features, on a ledger.
 */
export class SimulatedLedger {
  readonly channel = 'proofward';
  private readonly state = new Map<string, Version[]>();
  private readonly privateState = new Map<string, Uint8Array>();
  private transactions = 0;

  /** Runs a transaction and, unless it throws, keeps what it wrote. */
  async submit(
    proposal: Proposal,
    transaction: (ctx: Context) => Promise<string>,
  ): Promise<{ answer: string; effects: Effect[] }> {
    const txId = bytesToHex(sha256(utf8ToBytes(`transaction ${this.transactions++}`)));
    const timestamp = proposal.timestamp ?? Date.UTC(2026, 0, 31, 12) + this.transactions;
    const effects: Effect[] = [];
    const writes: (() => void)[] = [];
    const answer = await transaction(this.context(proposal, txId, timestamp, effects, writes));
    for (const write of writes) write();
    return { answer, effects };
  }

  /** What organisations with modified chaincode put there, or, without a value, took away. */
  put(key: string, value: Uint8Array | undefined): void {
    this.state.set(key, [{ txId: '', timestamp: 0, value }, ...(this.state.get(key) ?? [])]);
  }
  putPrivate(collection: string, key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.privateState.delete(`${collection}/${key}`);
    else this.privateState.set(`${collection}/${key}`, value);
  }

  private context(
    { mspId, attributes, transient = {} }: Proposal,
    txId: string,
    timestamp: number,
    effects: Effect[],
    writes: (() => void)[],
  ): Context {
    const note = (...effect: Effect): void => void effects.push(effect);
    const nothing = new Uint8Array();
    const seconds = Math.floor(timestamp / 1000);
    const stub = {
      getTxID: () => txId,
      getChannelID: () => this.channel,
      getTxTimestamp: () => ({ seconds, nanos: (timestamp - seconds * 1000) * 1e6 }),
      getTransient: () =>
        new Map(
          Object.entries(transient).map(([name, value]) => [
            name,
            typeof value === 'string' ? utf8ToBytes(value) : value,
          ]),
        ),
      getState: (key: string) => {
        note('get', key);
        return Promise.resolve(this.state.get(key)?.[0]?.value ?? nothing);
      },
      putState: (key: string, value: Uint8Array) => {
        note('put', key, bytesToHex(value));
        writes.push(() => {
          this.state.set(key, [{ txId, timestamp, value }, ...(this.state.get(key) ?? [])]);
        });
        return Promise.resolve();
      },
      setStateValidationParameter: (key: string, policy: Uint8Array) => {
        note('policy', key, bytesToHex(policy));
        return Promise.resolve();
      },
      getPrivateData: (collection: string, key: string) => {
        note('get private', collection, key);
        return Promise.resolve(this.privateState.get(`${collection}/${key}`) ?? nothing);
      },
      getPrivateDataHash: (collection: string, key: string) => {
        note('get hash', collection, key);
        const value = this.privateState.get(`${collection}/${key}`);
        return Promise.resolve(value === undefined ? nothing : sha256(value));
      },
      putPrivateData: (collection: string, key: string, value: Uint8Array) => {
        note('put private', collection, key, bytesToHex(value));
        writes.push(() => this.privateState.set(`${collection}/${key}`, value));
        return Promise.resolve();
      },
      setPrivateDataValidationParameter: (collection: string, key: string, policy: Uint8Array) => {
        note('policy private', collection, key, bytesToHex(policy));
        return Promise.resolve();
      },
      getHistoryForKey: (key: string) => {
        note('history', key);
        return (this.state.get(key) ?? []).map((version) => ({
          txId: version.txId,
          timestamp: { seconds: Math.floor(version.timestamp / 1000), nanos: (version.timestamp % 1000) * 1e6 },
          value: version.value ?? nothing,
          isDelete: version.value === undefined,
        }));
      },
      setEvent: (name: string, payload: Uint8Array) => {
        note('event', name, bytesToHex(payload));
      },
    };
    const clientIdentity = {
      getMSPID: () => mspId,
      getAttributeValue: (name: string) => attributes[name] ?? null,
    };
    return { stub: stub as unknown as ChaincodeStub, clientIdentity } as unknown as Context;
  }
}
