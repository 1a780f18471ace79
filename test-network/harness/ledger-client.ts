import { common } from '@hyperledger/fabric-protos';
import type { LedgerAccess } from '@proofward/network';
import { atTime, type SignAs } from '../fuzz/envelope-faults.js';
import type { RogueWrite } from './rogue-write.js';

/** A bare Fabric client of one identity at its own organisation's peer: what anybody with a certificate can do. */
export class LedgerClient {
  /** `settled` is waited for before each call. */
  constructor(
    private readonly access: LedgerAccess,
    private readonly settled: () => Promise<void>,
  ) {}

  get channel(): LedgerAccess['channel'] {
    return this.access.channel;
  }

  /** Submits with the named organisations' endorsements and answers the validation code's name. */
  async submit(
    fn: string,
    args: string[],
    endorsers: string[],
    transient: Record<string, string> = {},
  ): Promise<string> {
    await this.settled();
    const submitted = await this.access.contract.submitAsync(fn, {
      arguments: args,
      endorsingOrganizations: endorsers,
      transientData: transient,
    });
    const { code, successful } = await submitted.getStatus();
    return successful ? 'VALID' : (codeNames[code] ?? String(code));
  }

  /** What the organisations' modified chaincode writes. */
  rogue(writes: RogueWrite[], endorsers: string[]): Promise<string> {
    return this.submit('rogue', [], endorsers, { orders: JSON.stringify(writes) });
  }

  /** As {@link rogue}, at a time of its client's choice: the endorsers' peers sign it, as they can when they look at no clock. */
  async rogueAt(time: number, writes: RogueWrite[], endorsers: string[], signAs: SignAs): Promise<string> {
    await this.settled();
    const endorsed = await this.access.contract
      .newProposal('rogue', {
        endorsingOrganizations: endorsers,
        transientData: { orders: JSON.stringify(writes) },
      })
      .endorse();
    const changed = await atTime(endorsed.getBytes(), time, signAs);
    const { code, successful } = await (await this.access.gateway.newTransaction(changed).submit()).getStatus();
    return successful ? 'VALID' : (codeNames[code] ?? String(code));
  }

  async evaluate(fn: string, ...args: string[]): Promise<string> {
    await this.settled();
    const bytes = await this.access.contract.evaluate(fn, {
      arguments: args,
      endorsingOrganizations: [this.access.mspId],
    });
    return Buffer.from(bytes).toString('utf8');
  }

  /** What the named organisation's chaincode answers to a transaction that is not submitted: a result, or an error's code. */
  async simulate(
    fn: string,
    args: string[],
    endorser: string = this.access.mspId,
    transient: Record<string, string> = {},
  ): Promise<{ code: string; answer?: string }> {
    await this.settled();
    try {
      const bytes = await this.access.contract.evaluate(fn, {
        arguments: args,
        endorsingOrganizations: [endorser],
        transientData: transient,
      });
      return { code: 'ok', answer: Buffer.from(bytes).toString('utf8') };
    } catch (error) {
      const { message, details } = error as Error & { details?: { message: string }[] };
      const told = [message, ...(details ?? []).map((detail) => detail.message)].join(' ');
      return { code: /"code":"([A-Z_]+)"/.exec(told)?.[1] ?? told };
    }
  }

  /** The number of blocks that the peer has. */
  async height(): Promise<number> {
    await this.settled();
    const qscc = this.channel.getContract('qscc');
    const info = await qscc.evaluateTransaction('GetChainInfo', this.channel.getName());
    return common.BlockchainInfo.deserializeBinary(info).getHeight();
  }

  /** A raw block, as the peer's system chaincode hands it out. */
  async block(number: number): Promise<Uint8Array> {
    const qscc = this.channel.getContract('qscc');
    return qscc.evaluateTransaction('GetBlockByNumber', this.channel.getName(), String(number));
  }

  close(): void {
    this.access.close();
  }
}

const codeNames: Record<number, string> = {
  10: 'ENDORSEMENT_POLICY_FAILURE',
  11: 'MVCC_READ_CONFLICT',
  12: 'PHANTOM_READ_CONFLICT',
};
