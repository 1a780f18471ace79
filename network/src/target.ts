import type { ChaincodeDefinition } from './chaincode/definition.js';
import type { PackagedChaincode } from './chaincode/package.js';
import type { Fleet } from './process/fleet.js';
import type { ProcessPlan } from './process/supervisor.js';
import type { Report } from './progress.js';
import type { TargetName } from './state/shape.js';
import type { PeerNode } from './topology/topology.js';

/** What a target works with while it brings a ledger up. */
export interface Site {
  fleet: Fleet;
  report: Report;
}

/** A ledger that the same topology, certificates and chaincode run on. */
export interface LedgerTarget {
  readonly name: TargetName;
  /** The peers it has, by the names under which they are stopped and started. */
  readonly peers: PeerNode[];
  /** Its own processes; chaincode is not among them. */
  readonly processNames: string[];

  /** Fails where it cannot run here, before anything is made. */
  assertAvailable(): Promise<void>;
  /** What it is, in one line. */
  describe(): Promise<string>;
  /** From certificates to a channel that every peer is in. */
  up(site: Site): Promise<void>;
  /** From a package to a chaincode that every peer answers for. */
  deploy(packaged: PackagedChaincode, startChaincode: () => Promise<void>, site: Site): Promise<ChaincodeDefinition>;
  /** How one of its processes is run. */
  plan(name: string): Promise<ProcessPlan | undefined>;
  startPeer(peer: PeerNode, fleet: Fleet): Promise<void>;
  stopPeer(peer: PeerNode, fleet: Fleet): Promise<void>;
  /** The number of blocks that a peer has committed; undefined where it is down. */
  height(peer: PeerNode): Promise<number | undefined>;
  /** The sequence of the definition in force, 0 before the first; undefined where nobody answers. */
  committedSequence(): Promise<number | undefined>;
}
