import { createPrivateKey } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { hash, signers } from '@hyperledger/fabric-gateway';
import { servicePackage } from '@proofward/chaincode';
import {
  Authority,
  type ChannelLedger,
  type ChannelTopology,
  type DeployedChaincode,
  Fleet,
  generateCrypto,
  isListening,
  type Issued,
  openChannelLedger,
  type PeerNode,
  planPorts,
  type ProcessPlan,
  type Report,
  signingProfile,
  StateLayout,
  type TargetName,
  writeWhole,
} from '@proofward/network';
import { equalHeights } from '../harness/heights.js';
import { project } from '../harness/project.js';
import { Member } from './member.js';

/** A chaincode of anybody's, as its lifecycle definition says. */
export interface PlainChaincode {
  name: string;
  version?: string;
  sequence?: number;
  /** Fabric's syntax; left out, it is a majority of the organisations' peers. */
  endorsementPolicy?: string;
  /** What a collections_config.json holds. */
  collections?: readonly object[];
}

export interface PlainNetworkOptions {
  target: TargetName;
  /** Everything that is generated goes here; `up` begins with an empty one. */
  stateDir: string;
  basePort: number;
  mspIds: readonly string[];
  chaincodes: readonly PlainChaincode[];
  ordering: { batchTimeoutMs: number; maxMessageCount: number; preferredMaxBytes: number };
  executionTimeoutMs?: number;
  /** The program that serves all chaincodes of one organisation; the steps chaincode by default. */
  program?: string;
  report?: Report;
}

const channel = 'mychannel';
const owner = 'plain';
const stepsProgram = join(project, 'test-network', 'dist', 'plain', 'steps-chaincode.js');
/** Behind an organisation's peer, within its block of ports. */
const chaincodePortOffset = 10;

/** A plain network for anybody's chaincode, on either ledger: one peer and one user an organisation. */
export class PlainNetwork {
  readonly channel = channel;
  readonly layout: StateLayout;
  private readonly fleet: Fleet;
  private readonly topology: ChannelTopology;
  private readonly ledger: ChannelLedger;
  private readonly members = new Map<string, Member>();
  private strangers: Member[] = [];
  private defined: readonly PlainChaincode[];
  private packaging: Promise<DeployedChaincode[]> | undefined;

  constructor(private readonly options: PlainNetworkOptions) {
    this.defined = options.chaincodes;
    this.layout = new StateLayout(resolve(options.stateDir));
    this.fleet = new Fleet(this.layout, owner);
    this.topology = planTopology(options);
    this.ledger = openChannelLedger(options.target, this.topology, this.layout);
  }

  get target(): TargetName {
    return this.options.target;
  }
  get mspIds(): readonly string[] {
    return this.options.mspIds;
  }

  /** From nothing to peers that answer for every chaincode. */
  async up(): Promise<void> {
    await this.ledger.assertAvailable();
    this.fleet.reopen();
    await this.fleet.stopAll();
    rmSync(this.layout.root, { recursive: true, force: true });
    mkdirSync(this.layout.root, { recursive: true });
    await generateCrypto(this.topology, this.layout);
    const site = { fleet: this.fleet, report: this.options.report ?? (() => undefined) };
    await Promise.all([...this.mspIds.map((mspId) => this.startChaincode(mspId)), this.ledger.up(site)]);
    await this.ledger.define(await this.deployed(), site);
    await this.awaitReady();
  }

  /** Gives a chaincode its next definition. With the same version it keeps its package, and so the servers that run. */
  async redefine(changed: PlainChaincode): Promise<void> {
    this.defined = this.defined.map((chaincode) => (chaincode.name === changed.name ? changed : chaincode));
    this.packaging = undefined;
    const next = await this.deployed();
    // The embedded ledger is told of all that there are, Fabric of the one that changes.
    const told = this.target === 'embedded' ? next : next.filter(({ name }) => name === changed.name);
    await this.ledger.define(told, { fleet: this.fleet, report: this.options.report ?? (() => undefined) });
    await this.awaitReady();
  }

  /** Ends its processes and forgets what they kept. */
  async down({ keep = false } = {}): Promise<void> {
    this.disconnect();
    await this.fleet.stopOwn();
    if (!keep) rmSync(this.layout.root, { recursive: true, force: true });
  }

  disconnect(): void {
    for (const member of [...this.members.values(), ...this.strangers]) member.close();
    this.members.clear();
    this.strangers = [];
  }

  /** A client of an organisation's own peer. */
  member(mspId: string, user = 'User1'): Member {
    const name = `${mspId}/${user}`;
    let member = this.members.get(name);
    if (member === undefined) {
      member = Member.open({ ...this.access(mspId), settled: () => this.settled() }, this.layout, user);
      this.members.set(name, member);
    }
    return member;
  }

  /** An identity that its organisation's CA has issued now. */
  async issue(mspId: string, unit: string | readonly string[], notAfter?: Date): Promise<Issued> {
    const authority = await this.authority(mspId);
    return authority.issue({
      subject: { commonName: `issued.${mspId}`, organization: mspId, unit },
      extensions: signingProfile(),
      ...(notAfter === undefined ? {} : { notAfter }),
    });
  }

  async authority(mspId: string): Promise<Authority> {
    return Authority.open(this.layout.organization(this.peer(mspId).slug).ca, `${mspId} CA`, mspId);
  }

  /** Whoever holds a certificate, at an organisation's peer; `claimed` is the organisation it says it is of. */
  stranger(mspId: string, { certificate, key }: Issued, claimed = mspId): Member {
    const access = { ...this.access(mspId), mspId: claimed, settled: () => this.settled() };
    const member = Member.as(access, Buffer.from(certificate), key);
    this.strangers.push(member);
    return member;
  }

  /** How an organisation's peer is reached. */
  access(mspId: string): { mspId: string; slug: string; channel: string; address: string; tlsRoot: string } {
    const { slug, ports } = this.peer(mspId);
    const tlsRoot = this.layout.organization(slug).tlsRoot;
    return { mspId, slug, channel, address: `127.0.0.1:${ports.listen}`, tlsRoot };
  }

  /** How the orderer is reached; of several, the first. */
  get orderer(): { address: string; tlsRoot: string } {
    const [node] = this.topology.ordering.nodes;
    return { address: `127.0.0.1:${node?.ports.client ?? 0}`, tlsRoot: this.layout.orderer.tlsRoot };
  }

  /** The signature that an organisation's peer would make. */
  readonly signAs = async (mspId: string, message: Uint8Array): Promise<Uint8Array> => {
    const { slug, name } = this.peer(mspId);
    const { key } = this.layout.organization(slug).node(name);
    return signers.newPrivateKeySigner(createPrivateKey(readFileSync(key)))(hash.sha256(message));
  };

  async startPeer(mspId: string): Promise<void> {
    await this.ledger.startPeer(this.peer(mspId), this.fleet);
  }

  async stopPeer(mspId: string): Promise<void> {
    await this.ledger.stopPeer(this.peer(mspId), this.fleet);
  }

  /** SIGKILL where the peer is a process of its own; on the embedded ledger it looks the same to everybody else. */
  async killPeer(mspId: string): Promise<void> {
    if (this.target === 'fabric') await this.fleet.kill(this.peer(mspId).name, 'SIGKILL');
    else await this.stopPeer(mspId);
  }

  async startChaincode(mspId: string): Promise<void> {
    await this.fleet.start(await this.planChaincode(mspId));
  }

  async stopChaincode(mspId: string): Promise<void> {
    await this.fleet.stop(chaincodeName(mspId));
  }

  /** Each peer's number of blocks; undefined of one that is down. */
  heights(): Promise<(number | undefined)[]> {
    return Promise.all(this.ledger.peers.map((peer) => this.ledger.height(peer)));
  }

  /** Waits until all peers that are up have the same blocks. In the embedded ledger they always have. */
  async settled(): Promise<void> {
    if (this.target !== 'embedded') await equalHeights(() => this.heights());
  }

  /** Ready means: the gateway of each peer reaches each chaincode of each organisation. */
  async awaitReady(mspIds = this.mspIds): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (const from of mspIds) {
      for (const to of mspIds) {
        for (const { name } of this.options.chaincodes) {
          for (;;) {
            try {
              await this.member(from).evaluate([], { chaincode: name, endorsers: [to] });
              break;
            } catch (error) {
              if (Date.now() > deadline) throw error;
              await delay(200);
            }
          }
        }
      }
    }
  }

  private peer(mspId: string): PeerNode {
    const peer = this.ledger.peers.find((candidate) => candidate.mspId === mspId);
    if (peer === undefined) throw new Error(`no peer of ${mspId}`);
    return peer;
  }

  /** The same bytes each time, so whoever attaches to a running network knows its package ids. */
  private deployed(): Promise<DeployedChaincode[]> {
    return (this.packaging ??= Promise.all(this.defined.map((chaincode) => this.package(chaincode))));
  }

  private async package({
    name,
    version = '1.0',
    sequence = 1,
    endorsementPolicy,
    collections,
  }: PlainChaincode): Promise<DeployedChaincode> {
    const { packageId, tarGz } = await servicePackage(`${name}_${version}`, name);
    const packageFile = join(this.layout.packages, `${name}.tar.gz`);
    await writeWhole(packageFile, tarGz);
    let collectionsFile: string | undefined;
    if (collections !== undefined) {
      collectionsFile = join(this.layout.root, `${name}-collections.json`);
      await writeWhole(collectionsFile, JSON.stringify(collections));
    }
    const endpoints = Object.fromEntries(
      this.topology.organizations.map(({ mspId, chaincodeAddresses }) => [mspId, chaincodeAddresses[name] ?? '']),
    );
    return { name, version, sequence, packageId, endorsementPolicy, collectionsFile, packageFile, endpoints };
  }

  private async planChaincode(mspId: string): Promise<ProcessPlan> {
    const servers = (await this.deployed()).map(({ packageId, endpoints }) => ({
      packageId,
      address: endpoints[mspId] ?? '',
    }));
    const ports = servers.map(({ address }) => Number(address.split(':')[1]));
    return {
      name: chaincodeName(mspId),
      command: [process.execPath, this.options.program ?? stepsProgram, mspId, JSON.stringify(servers)],
      environment: { CORE_CHAINCODE_LOGGING_LEVEL: 'error', CORE_CHAINCODE_LOGGING_SHIM: 'error' },
      ports,
      timeoutMs: 30_000,
      isReady: async () => (await Promise.all(ports.map((port) => isListening(port)))).every(Boolean),
    };
  }
}

function chaincodeName(mspId: string): string {
  return `chaincode.${mspId}`;
}

function planTopology(options: PlainNetworkOptions): ChannelTopology {
  const { basePort, mspIds, chaincodes, ordering, executionTimeoutMs } = options;
  const ports = planPorts(
    basePort,
    1,
    mspIds.map(() => 1),
  );
  return {
    channel,
    ordering: {
      mspId: 'OrdererMSP',
      ...ordering,
      nodes: ports.orderers.map((node, index) => ({ name: `orderer${index}`, ports: node })),
    },
    organizations: mspIds.map((mspId, index) => {
      const slug = mspId.toLowerCase();
      const own = ports.organizations[index];
      const first = (own?.gateway ?? basePort) + chaincodePortOffset;
      return {
        slug,
        mspId,
        identities: ['admin', 'User1'],
        chaincodeAddresses: Object.fromEntries(chaincodes.map(({ name }, i) => [name, `127.0.0.1:${first + i}`])),
        peers: (own?.peers ?? []).map((peer) => ({ name: `peer0.${slug}`, slug, mspId, ports: peer })),
      };
    }),
    ...(executionTimeoutMs === undefined ? {} : { executionTimeoutMs }),
  };
}
