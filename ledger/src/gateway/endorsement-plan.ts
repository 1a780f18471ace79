import type { peer } from '@hyperledger/fabric-protos';
import { sameBytes } from '../encoding/digest.js';
import type { AskPeer, EndorsingPeer } from './endorsing-peer.js';
import type { Detail } from './rpc-error.js';

/** A set of organisations whose endorsements together are enough; one peer of each is asked. */
export type Layout = readonly string[];

export interface Collected {
  readonly payload: Uint8Array;
  readonly endorsements: readonly peer.Endorsement[];
}

/** Collects endorsements by the first layout that can be completed. */
export class EndorsementPlan {
  readonly details: Detail[] = [];
  private readonly endorsements = new Map<string, peer.Endorsement>();
  private readonly failed = new Set<string>();
  private payload: Uint8Array | undefined;

  constructor(
    private readonly layouts: readonly Layout[],
    private readonly peers: ReadonlyMap<string, EndorsingPeer>,
    private readonly askPeer: AskPeer,
  ) {}

  async collect(proposal: peer.SignedProposal): Promise<Collected | undefined> {
    for (const layout of this.layouts) {
      if (layout.some((mspId) => this.failed.has(mspId))) continue;
      const missing = layout.filter((mspId) => !this.endorsements.has(mspId));
      await Promise.all(missing.map(async (mspId) => this.ask(mspId, proposal)));
      if (this.payload !== undefined && layout.every((mspId) => this.endorsements.has(mspId))) {
        return { payload: this.payload, endorsements: layout.flatMap((mspId) => this.endorsements.get(mspId) ?? []) };
      }
    }
    return undefined;
  }

  /** Takes an endorsement into the plan; all of a plan must have signed the same. */
  add(target: EndorsingPeer, response: peer.ProposalResponse): void {
    const payload = response.getPayload_asU8();
    const endorsement = response.getEndorsement();
    this.payload ??= payload;
    if (endorsement === undefined || !sameBytes(this.payload, payload)) {
      this.fail(target.mspId, {
        address: target.address,
        mspId: target.mspId,
        message: 'ProposalResponsePayloads do not match',
      });
      return;
    }
    this.endorsements.set(target.mspId, endorsement);
  }

  private async ask(mspId: string, proposal: peer.SignedProposal): Promise<void> {
    const target = this.peers.get(mspId);
    if (target === undefined) {
      this.failed.add(mspId);
      return;
    }
    const answer = await this.askPeer(target, proposal);
    if ('detail' in answer) this.fail(mspId, answer.detail);
    else this.add(target, answer.response);
  }

  private fail(mspId: string, detail: Detail): void {
    this.failed.add(mspId);
    this.details.push(detail);
  }
}
