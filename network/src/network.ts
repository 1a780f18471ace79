import { resolve } from 'node:path';
import type { Consortium } from '@proofward/evidence';
import { collectionsJson, consortiumJson, readProposed } from './chaincode/definition.js';
import { chaincodeBundle, packageChaincode } from './chaincode/package.js';
import { assertOverridesKnown, type ChaincodeOverrides, planChaincode } from './chaincode/service.js';
import { checkCertificates } from './crypto/expiry.js';
import { generateCrypto } from './crypto/generate.js';
import { NetworkError } from './errors.js';
import { describeOrganizations, type RunningOrganization } from './organizations.js';
import { Fleet, type ProcessHandle } from './process/fleet.js';
import { keeperName, planKeeper } from './process/keeper.js';
import type { ProcessPlan } from './process/supervisor.js';
import { together } from './process/together.js';
import { performing, type Report } from './progress.js';
import { awaitEveryGateway } from './readiness/probe.js';
import { makeFolder, writeWhole } from './state/files.js';
import { forget } from './state/forget.js';
import { StateLayout } from './state/layout.js';
import { withLock } from './state/lock.js';
import { fixShape, type TargetName } from './state/shape.js';
import type { LedgerTarget, Site } from './target.js';
import { openTarget } from './targets.js';
import { chaincodeProcessName, type NetworkOrganization, type Topology } from './topology/topology.js';

export interface NetworkOptions {
  topology: Topology;
  target: TargetName;
  /** Everything that is generated and kept goes here. */
  stateDir: string;
  report?: Report;
  /** The chaincode that is packaged, and that everybody runs; the one of this checkout by default. */
  bundle?: string;
  /** In whose name processes run, for an owner that finds its own again after it was killed. */
  owner?: string;
  /** Other chaincode for some organisations, by slug, under the package that all approved. */
  chaincode?: ChaincodeOverrides;
}

/** A network of one state folder; nothing of it has to run. */
export class Network {
  readonly layout: StateLayout;
  readonly topology: Topology;
  readonly organizations: RunningOrganization[];
  readonly bundle: string;
  /** Its processes, and whatever else stands beside them in the same state folder. */
  readonly fleet: Fleet;
  private readonly overrides: ChaincodeOverrides;
  private readonly report: Report;

  constructor(
    private readonly ledger: LedgerTarget,
    /** What kind of ledger it is, in one line. */
    readonly description: string,
    { topology, stateDir, report, bundle, owner, chaincode = {} }: Omit<NetworkOptions, 'target'>,
  ) {
    this.topology = topology;
    this.layout = new StateLayout(resolve(stateDir));
    this.fleet = new Fleet(this.layout, owner);
    this.bundle = resolve(bundle ?? chaincodeBundle);
    this.overrides = chaincode;
    this.report = report ?? (() => undefined);
    this.organizations = describeOrganizations(topology, ledger.peers, this.layout);
  }

  get target(): TargetName {
    return this.ledger.name;
  }
  get stateDir(): string {
    return this.layout.root;
  }
  get consortium(): Consortium {
    return this.topology.consortium;
  }
  get channel(): string {
    return this.topology.channel;
  }
  get chaincodeName(): string {
    return this.topology.chaincode.name;
  }
  /** Every name that can be stopped and started. On the embedded ledger a peer is not a process of its own. */
  get names(): string[] {
    const peers = this.ledger.peers.map(({ name }) => name);
    return [...new Set([...this.processNames, ...peers])];
  }
  /** Every process that there is while the network is up. */
  get processNames(): string[] {
    const chaincodes = this.topology.organizations.map(({ slug }) => chaincodeProcessName(slug));
    return [...this.ledger.processNames, ...chaincodes, keeperName];
  }

  /** Brings up what does not run yet, from wherever an earlier call stopped. */
  async up(): Promise<void> {
    // Before anything is waited for: `downOwn` may come at any time after this.
    this.fleet.reopen();
    await this.assertAvailable();
    await this.alone(async () => {
      await performing(this.report, 'certificates', async () => {
        await fixShape(this.topology, this.target, this.layout);
        const made = await generateCrypto(this.topology, this.layout);
        await checkCertificates(this.topology, this.layout);
        return made === 0 ? 'all there' : `${made} folders made`;
      });
      await this.writeConsortium();
      await this.ledger.up(this.site);
      await this.deployAlone();
    });
  }

  /** Fails where the ledger cannot run here, before anything is made or forgotten. */
  assertAvailable(): Promise<void> {
    return this.ledger.assertAvailable();
  }

  /** Makes the ledger's chaincode definition what org-configs and the bundle say. */
  async deploy(): Promise<void> {
    await this.alone(async () => {
      await this.assertUp();
      await fixShape(this.topology, this.target, this.layout);
      await this.writeConsortium();
      await this.deployAlone();
    });
  }

  /** Every recorded process of this network, also one that has ended by itself. */
  async processes(): Promise<ProcessHandle[]> {
    const order = this.processNames;
    const handles = await this.fleet.handles();
    return handles.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  }

  /** Starts what has this name, and answers when it does its work. */
  async start(name: string): Promise<void> {
    this.assertKnown(name);
    const peer = this.ledger.peers.find((candidate) => candidate.name === name);
    if (peer === undefined) await this.fleet.start(await this.plan(name));
    else await this.ledger.startPeer(peer, this.fleet);
  }

  /** Ends it in an orderly way; it stays down until it is started again. */
  async stop(name: string): Promise<void> {
    this.assertKnown(name);
    const peer = this.ledger.peers.find((candidate) => candidate.name === name);
    if (peer === undefined) await this.fleet.stop(name);
    else await this.ledger.stopPeer(peer, this.fleet);
  }

  /** Sends a signal to a process. The keeper starts a chaincode again that was killed; a stopped one it leaves alone. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.assertKnown(name);
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM';
    // A peer of the embedded ledger has no process to kill; its end looks the same to everybody else.
    if (ends && !this.processNames.includes(name)) await this.stop(name);
    else await this.fleet.kill(name, signal);
  }

  /** The number of blocks that the peer of this name has; undefined where it is down. */
  async height(name: string): Promise<number | undefined> {
    const peer = this.ledger.peers.find((candidate) => candidate.name === name);
    return peer === undefined ? undefined : this.ledger.height(peer);
  }

  committedSequence(): Promise<number | undefined> {
    return this.ledger.committedSequence();
  }

  /** Waits until every peer's gateway reaches every organisation's chaincode, as after a restart of one. */
  async awaitReady(): Promise<void> {
    await awaitEveryGateway(this.topology, this.ledger.peers, this.layout);
  }

  /** Stops everything that runs, whoever started it. The state stays; `fresh` forgets it, keys and ledger too. */
  async down({ fresh = false } = {}): Promise<string[]> {
    return this.alone(async () => {
      const stopped = await this.fleet.stopAll();
      if (fresh) await forget(this.layout);
      return stopped;
    });
  }

  /** Stops what this object started and nothing else; may be called at any time, also while `up` is under way. */
  async downOwn(): Promise<string[]> {
    return this.fleet.stopOwn();
  }

  private get site(): Site {
    return { fleet: this.fleet, report: this.report };
  }

  private async deployAlone(): Promise<void> {
    const packaged = await performing(this.report, 'package', () => packageChaincode(this.layout, this.bundle));
    const startChaincode = () =>
      together(
        this.topology.organizations.map((organization) =>
          this.fleet.startAnew(this.planChaincode(organization, packaged.packageId)),
        ),
      );
    await this.ledger.deploy(packaged, startChaincode, this.site);
    await this.fleet.start(planKeeper(this.layout));
    await performing(this.report, 'peers answer', () => this.awaitReady());
  }

  private async plan(name: string): Promise<ProcessPlan> {
    if (name === keeperName) return planKeeper(this.layout);
    const organization = this.topology.organizations.find(({ slug }) => chaincodeProcessName(slug) === name);
    const definition = await readProposed(this.layout);
    if (organization !== undefined && definition !== undefined) {
      return this.planChaincode(organization, definition.packageId);
    }
    const node = organization === undefined ? await this.ledger.plan(name) : undefined;
    if (node !== undefined) return node;
    throw new NetworkError('PROCESS_UNKNOWN', `${name} has nothing to run yet`, 'run `npm run network -- up` first');
  }

  private planChaincode(organization: NetworkOrganization, packageId: string): ProcessPlan {
    const service = this.overrides[organization.slug] ?? { bundle: this.bundle };
    return planChaincode(organization, this.layout, packageId, service);
  }

  private async writeConsortium(): Promise<void> {
    await writeWhole(this.layout.consortium, consortiumJson(this.topology));
    await writeWhole(this.layout.collections, collectionsJson(this.topology));
  }

  /** An orderer may be down; every organisation has to be there to approve. */
  private async assertUp(): Promise<void> {
    const running = (await this.fleet.handles()).filter(({ isAlive }) => isAlive).map(({ name }) => name);
    const orderers: string[] = this.topology.ordering.nodes.map(({ name }) => name);
    const down = this.ledger.processNames.filter((name) => !orderers.includes(name) && !running.includes(name));
    if (down.length === 0) return;
    throw new NetworkError('NOT_READY', `${down.join(', ')} must run to deploy`, 'run `npm run network -- up`');
  }

  private assertKnown(name: string): void {
    if (this.names.includes(name)) return;
    throw new NetworkError('PROCESS_UNKNOWN', `no process ${name}`, `there are ${this.names.join(', ')}`);
  }

  private async alone<Result>(action: () => Promise<Result>): Promise<Result> {
    await makeFolder(this.layout.root);
    return withLock(this.layout.lock, { patienceMs: 0 }, action);
  }
}

/** A network without starting anything of it. */
export async function openNetwork({ target, ...options }: NetworkOptions): Promise<Network> {
  const slugs = options.topology.organizations.map(({ slug }) => slug);
  assertOverridesKnown(options.chaincode ?? {}, slugs);
  const ledger = openTarget(target, options.topology, new StateLayout(resolve(options.stateDir)));
  return new Network(ledger, await ledger.describe(), options);
}

/** Brings a network up and answers when every organisation's gateway reaches every organisation's chaincode. */
export async function networkUp(options: NetworkOptions): Promise<Network> {
  const network = await openNetwork(options);
  await network.up();
  return network;
}
