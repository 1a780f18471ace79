import type { peer } from '@hyperledger/fabric-protos';
import type { EndorsementDescriptor, Layout } from '../discovery/endorsers.js';
import { hex, sameBytes } from '../encoding/digest.js';
import type { AskPeer, EndorsingPeer } from './endorsing-peer.js';
import type { Detail } from './rpc-error.js';

export interface Collected {
  readonly payload: Uint8Array;
  readonly endorsements: readonly peer.Endorsement[];
}

/** A layout with what it has, and how many of each group it still lacks. */
interface OpenLayout {
  readonly missing: Map<string, number>;
  readonly endorsements: peer.Endorsement[];
}

/** Collects endorsements by the first layout that can be completed, as a Fabric gateway does. */
export class EndorsementPlan {
  readonly details: Detail[] = [];
  private open: OpenLayout[];
  private readonly waiting: Map<string, EndorsingPeer[]>;
  /** A peer that is in several groups counts for one of them only, whatever it is asked for. */
  private readonly groupOf = new Map<EndorsingPeer, string>();
  private payload: Uint8Array | undefined;
  private completed: OpenLayout | undefined;

  constructor(
    layouts: readonly Layout[],
    groups: ReadonlyMap<string, readonly EndorsingPeer[]>,
    private readonly askPeer: AskPeer,
  ) {
    this.open = layouts.map((layout) => ({ missing: new Map(layout), endorsements: [] }));
    this.waiting = new Map([...groups].map(([group, members]) => [group, [...members]]));
    for (const [group, members] of groups) for (const member of members) this.groupOf.set(member, group);
  }

  /** In no order but that layouts with a peer that has endorsed already come first. */
  static of({ layouts, endorsersByGroup }: EndorsementDescriptor, first: EndorsingPeer | undefined, askPeer: AskPeer) {
    const preferred = [...endorsersByGroup].findLast(([, members]) => members.some((member) => member === first))?.[0];
    const isPreferred = (layout: Layout): boolean => preferred !== undefined && layout.has(preferred);
    const inNoOrder = shuffled(layouts);
    return new EndorsementPlan(
      [...inNoOrder.filter(isPreferred), ...inNoOrder.filter((layout) => !isPreferred(layout))],
      endorsersByGroup,
      askPeer,
    );
  }

  async collect(proposal: peer.SignedProposal): Promise<Collected | undefined> {
    while (this.completed === undefined) {
      const endorsers = this.nextEndorsers();
      if (endorsers === undefined) return undefined;
      const failed = await Promise.all(endorsers.map(async (endorser) => this.askGroup(endorser, proposal)));
      this.open = this.open
        .slice(1)
        .filter(({ missing }) => !failed.some((group) => group !== undefined && missing.has(group)));
    }
    const { endorsements } = this.completed;
    return { payload: this.payload ?? new Uint8Array(), endorsements: unique(endorsements) };
  }

  /** Those that the next layout lacks and that were not asked yet; undefined when no layout is left. */
  nextEndorsers(): EndorsingPeer[] | undefined {
    for (let next = this.open[0]; next !== undefined; next = this.open[0]) {
      const { missing } = next;
      if ([...missing].every(([group, count]) => (this.waiting.get(group)?.length ?? 0) >= count))
        return [...missing].flatMap(([group, count]) => this.waiting.get(group)?.splice(0, count) ?? []);
      this.open.shift();
    }
    return undefined;
  }

  /** Takes an endorsement into the plan; all of a plan must have signed the same. */
  add(target: EndorsingPeer, response: peer.ProposalResponse): boolean {
    const group = this.groupOf.get(target) ?? '';
    const waiting = this.waiting.get(group) ?? [];
    if (waiting.includes(target)) waiting.splice(waiting.indexOf(target), 1);
    const payload = response.getPayload_asU8();
    const endorsement = response.getEndorsement();
    this.payload ??= payload;
    if (endorsement === undefined || !sameBytes(this.payload, payload)) {
      this.details.push({
        address: target.address,
        mspId: target.mspId,
        message: 'ProposalResponsePayloads do not match',
      });
      return false;
    }
    for (const layout of this.open) {
      const count = layout.missing.get(group);
      if (count === undefined) continue;
      layout.endorsements.push(endorsement);
      if (count > 1) layout.missing.set(group, count - 1);
      else layout.missing.delete(group);
      if (layout.missing.size > 0) continue;
      this.completed = layout;
      break;
    }
    return true;
  }

  /** Asks a peer, and where it fails the next one of its group; tells the group when none of it is left. */
  private async askGroup(first: EndorsingPeer, proposal: peer.SignedProposal): Promise<string | undefined> {
    const group = this.groupOf.get(first) ?? '';
    for (let target: EndorsingPeer | undefined = first; target !== undefined;) {
      const answer = await this.askPeer(target, proposal);
      if ('detail' in answer) this.details.push(answer.detail);
      else if (this.add(target, answer.response)) return undefined;
      target = this.waiting.get(group)?.shift();
    }
    return group;
  }
}

function unique(endorsements: readonly peer.Endorsement[]): peer.Endorsement[] {
  return [...new Map(endorsements.map((each) => [hex(each.getEndorser_asU8()), each])).values()];
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
