import type { ChaincodeDefinition } from './chaincode/definition.js';
import type { PackagedChaincode } from './chaincode/package.js';
import type { ApprovedChaincode } from './fabric/lifecycle.js';
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

/** A chaincode as it is to be on the channel. */
export interface DeployedChaincode extends ApprovedChaincode {
  packageFile: string;
  /** The chaincode server of each organisation that runs it, by MSP id. */
  endpoints: Readonly<Record<string, string>>;
}

/** A ledger that the same channel, certificates and chaincodes run on, whoever's they are. */
export interface ChannelLedger {
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
  /** From packages to chaincodes that every peer knows, each under its given sequence. */
  define(chaincodes: readonly DeployedChaincode[], site: Site): Promise<void>;
  /** How one of its processes is run. */
  plan(name: string): Promise<ProcessPlan | undefined>;
  startPeer(peer: PeerNode, fleet: Fleet): Promise<void>;
  stopPeer(peer: PeerNode, fleet: Fleet): Promise<void>;
  /** The number of blocks that a peer has committed; undefined where it is down. */
  height(peer: PeerNode): Promise<number | undefined>;
}

/** A ledger with Proofward's chaincode on it. */
export interface LedgerTarget extends ChannelLedger {
  /** From a package to a chaincode that every peer answers for. */
  deploy(packaged: PackagedChaincode, startChaincode: () => Promise<void>, site: Site): Promise<ChaincodeDefinition>;
  /** The sequence of the definition in force, 0 before the first; undefined where nobody answers. */
  committedSequence(): Promise<number | undefined>;
}
