import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { NetworkError } from '../errors.js';
import { eventually } from '../process/clock.js';
import type { Fleet } from '../process/fleet.js';
import { tail } from '../process/log.js';
import { isListening } from '../process/port.js';
import type { ProcessPlan } from '../process/supervisor.js';
import { performing } from '../progress.js';
import { writeWhole } from '../state/files.js';
import type { StateLayout } from '../state/layout.js';
import type { ChannelLedger, DeployedChaincode, Site } from '../target.js';
import { type ChannelTopology, firstPeers, type PeerNode } from '../topology/topology.js';
import { type ConfiguredChaincode, ledgerConfig } from './config.js';
import { height } from './height.js';

const program = resolve(import.meta.dirname, '../../../ledger/bin/ledger');
const followingPatience = { timeoutMs: 10_000, intervalMs: 20 };

export const ledgerName = 'ledger';

/** All organisations' peers and the ordering in one process: for evaluation, development and tests. */
export class EmbeddedLedger implements ChannelLedger {
  readonly name = 'embedded';
  readonly processNames = [ledgerName];

  constructor(
    protected readonly topology: ChannelTopology,
    protected readonly layout: StateLayout,
  ) {}

  /** One an organisation, however many its file asks for: a second one in the same process would guard nothing. */
  get peers(): PeerNode[] {
    return firstPeers(this.topology);
  }

  assertAvailable(): Promise<void> {
    if (existsSync(program)) return Promise.resolve();
    return Promise.reject(new NetworkError('BINARIES_MISSING', `no ledger at ${program}`, 'run `npm run build`'));
  }

  describe(): Promise<string> {
    return Promise.resolve('the embedded ledger: one operator runs it all, so it is not a consortium');
  }

  plan(name: string): Promise<ProcessPlan | undefined> {
    return Promise.resolve(name === ledgerName ? this.planLedger() : undefined);
  }

  /** The ledger starts with its chaincode definitions, so there is nothing to bring up before they are known. */
  up(): Promise<void> {
    return Promise.resolve();
  }

  async define(chaincodes: readonly DeployedChaincode[], { fleet, report }: Site): Promise<void> {
    await performing(report, 'ledger', async () => {
      await fleet.stop(ledgerName);
      await this.startWith(chaincodes, fleet);
    });
  }

  async startPeer({ name, ports }: PeerNode, fleet: Fleet): Promise<void> {
    await rm(this.layout.disabled(name), { force: true });
    await fleet.start(this.planLedger());
    if (await eventually(() => isListening(ports.listen), followingPatience)) return;
    throw new NetworkError('NOT_READY', `the ledger does not start ${name} again`);
  }

  async stopPeer({ name, ports }: PeerNode): Promise<void> {
    await writeWhole(this.layout.disabled(name), '');
    if (await eventually(async () => !(await isListening(ports.listen)), followingPatience)) return;
    throw new NetworkError('NOT_READY', `the ledger does not stop ${name}`);
  }

  height(peer: PeerNode): Promise<number | undefined> {
    return height(this.topology.channel, peer, this.layout);
  }

  protected async startWith(chaincodes: readonly ConfiguredChaincode[], fleet: Fleet): Promise<void> {
    await writeWhole(this.layout.ledgerConfig, ledgerConfig(this.topology, this.layout, chaincodes));
    await fleet.start(this.planLedger());
  }

  private planLedger(): ProcessPlan {
    const log = this.layout.log(ledgerName);
    const ports = [
      ...this.peers.map((peer) => peer.ports.listen),
      ...this.topology.ordering.nodes.slice(0, 1).map((node) => node.ports.client),
    ];
    return {
      name: ledgerName,
      command: [program, '--config', this.layout.ledgerConfig],
      environment: {},
      ports,
      timeoutMs: 60_000,
      // It says so once; of one that has been running for long, the line may be far up in its log.
      isReady: async (logOffset) =>
        logOffset === undefined ? isListening(ports[0] ?? 0) : /^ready /m.test(await tail(log, logOffset)),
    };
  }
}
