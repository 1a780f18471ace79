import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type ChaincodeDefinition,
  nextDefinition,
  readProposed,
  wantedTerms,
  writeProposed,
} from '../chaincode/definition.js';
import type { PackagedChaincode } from '../chaincode/package.js';
import { NetworkError } from '../errors.js';
import { eventually } from '../process/clock.js';
import type { Fleet } from '../process/fleet.js';
import { tail } from '../process/log.js';
import { isListening } from '../process/port.js';
import type { ProcessPlan } from '../process/supervisor.js';
import { performing } from '../progress.js';
import { writeWhole } from '../state/files.js';
import type { StateLayout } from '../state/layout.js';
import type { LedgerTarget, Site } from '../target.js';
import { firstPeers, type PeerNode, type Topology } from '../topology/topology.js';
import { ledgerConfig } from './config.js';
import { height } from './height.js';

const program = resolve(import.meta.dirname, '../../../ledger/bin/ledger');
const ledgerName = 'ledger';
const followingPatience = { timeoutMs: 10_000, intervalMs: 20 };

/** All organisations' peers and the ordering in one process: for evaluation, development and tests. */
export class EmbeddedTarget implements LedgerTarget {
  readonly name = 'embedded';
  readonly processNames = [ledgerName];

  constructor(
    private readonly topology: Topology,
    private readonly layout: StateLayout,
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

  /** The ledger starts with its chaincode definition, so there is nothing to bring up before it is deployed. */
  up(): Promise<void> {
    return Promise.resolve();
  }

  async deploy(
    { packageId }: PackagedChaincode,
    startChaincode: () => Promise<void>,
    { fleet, report }: Site,
  ): Promise<ChaincodeDefinition> {
    const { layout, topology } = this;
    const proposed = await readProposed(layout);
    const { definition, isCommitted } = nextDefinition(
      wantedTerms(topology, packageId),
      proposed,
      proposed?.sequence ?? 0,
    );
    await performing(report, 'chaincode', startChaincode);
    await performing(report, 'ledger', async () => {
      if (!isCommitted) await fleet.stop(ledgerName);
      await writeWhole(layout.ledgerConfig, ledgerConfig(topology, layout, definition));
      await fleet.start(this.planLedger());
      await writeProposed(layout, definition);
      return `${definition.name} ${definition.version}, sequence ${definition.sequence}`;
    });
    return definition;
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

  async committedSequence(): Promise<number | undefined> {
    return (await readProposed(this.layout))?.sequence ?? 0;
  }

  private planLedger(): ProcessPlan {
    const log = this.layout.log(ledgerName);
    const ports = this.peers.map((peer) => peer.ports.listen);
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
