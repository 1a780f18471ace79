import type { CommitNotices } from './commit/commit-notices.js';
import type { StateGate } from './commit/state-gate.js';
import type { Definitions } from './definition/chaincode.js';
import type { Membership } from './identity/membership.js';
import type { ChannelPolicies } from './policy/channel-policies.js';
import type { ChannelStore } from './state/channel-store.js';
import type { FreeSpace } from './state/free-space.js';

/** What all peers of the channel have in common. */
export interface Channel {
  readonly name: string;
  readonly membership: Membership;
  readonly policies: ChannelPolicies;
  readonly definitions: Definitions;
  readonly store: ChannelStore;
  readonly freeSpace: FreeSpace;
  readonly gate: StateGate;
  readonly notices: CommitNotices;
}
