import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { common, msp } from '@hyperledger/fabric-protos';
import pg from 'pg';
import { type PostgresServer, provisionGateway, startPostgres } from '@proofward/gateway-api';
import { generateCrypto, loadTopology, StateLayout, type Topology } from '@proofward/network';
import { ended, interruption } from '../ending.js';
import { report } from '../report.js';
import { type ChainFile, type ChainPlan, writeChain } from './chain.js';

const root = resolve(import.meta.dirname, '../../..');
const program = join(createRequire(import.meta.url).resolve('@proofward/gateway-api'), '..', 'bin', 'gateway.js');
const transactionsOfBlock = 50;
const blocksToArrive = 400;
/** What a record takes on the disk: in the chain, and in the database with its journal. */
const bytesOfRecord = 20_000;

/** A chain, a PostgreSQL, and gateways that project the one into the other. */
export class Site {
  private constructor(
    readonly topology: Topology,
    readonly layout: StateLayout,
    readonly chain: ChainFile,
    readonly key: Uint8Array,
    private readonly postgres: PostgresServer,
    private readonly end: () => Promise<unknown>,
  ) {}

  /** @param records how many there are to be, at least */
  static async open(records: number): Promise<Site> {
    const stateDir = join(root, '.proofward', 'bench-registry');
    await rm(stateDir, { recursive: true, force: true });
    await mkdir(stateDir, { recursive: true });
    await requireSpace(stateDir, records * bytesOfRecord);
    const stopping: (() => Promise<unknown>)[] = [];
    const end = ended(async () => {
      for (const stop of stopping.reverse()) await stop();
      await rm(stateDir, { recursive: true, force: true });
    });
    try {
      const topology = loadTopology({ consortium: 'consortium', basePort: 26000 });
      const layout = new StateLayout(stateDir);
      await generateCrypto(topology, layout);
      const key = randomBytes(32);
      const plan = await planOf(topology, layout, key, records);
      const began = performance.now();
      const chain = await writeChain(join(stateDir, 'chain'), plan, interruption);
      const seconds = (performance.now() - began) / 1000;
      report(`${records} records in ${plan.blocks} blocks, ${gib(chain.bytes)}, made in ${seconds.toFixed(0)} s`);
      interruption.throwIfAborted();
      const starting = startPostgres({ dataDir: join(stateDir, 'postgres') });
      // Also one that is not there yet.
      stopping.push(async () => (await starting.catch(() => undefined))?.stop());
      const postgres = await starting;
      return new Site(topology, layout, chain, key, postgres, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** A gateway of the provider with a database of its own, and a peer that has no block yet but the genesis block. */
  async gateway(slug: string, name: string): Promise<RunningGateway> {
    const organization = this.topology.organizations.find((one) => one.slug === slug);
    if (organization === undefined) throw new Error(`no organisation ${slug}`);
    const { mspId, role, identities, peers } = organization;
    const place = this.layout.organization(slug);
    const [node] = peers;
    if (node === undefined) throw new Error(`${slug} has no peer`);
    const { tlsCertificate, tlsKey } = place.node(node.name);
    const peer = await Peer.start(this.chain.path, tlsCertificate, tlsKey);
    const folder = join(this.layout.root, name);
    await mkdir(folder);
    const config = {
      slug,
      mspId,
      role,
      listen: { host: '127.0.0.1', port: 0 },
      channel: this.topology.channel,
      chaincode: this.topology.chaincode.name,
      peers: [{ endpoint: `127.0.0.1:${peer.port}`, hostAlias: node.name, tlsRootPath: place.tlsRoot }],
      consortium: join(folder, 'consortium.json'),
      walletDir: join(folder, 'wallet'),
      walletKeyFile: join(folder, 'wallet.key'),
      apiKeysFile: join(folder, 'api-keys.json'),
      commitmentKeyFile: join(folder, 'commitment.key'),
      databaseUrl: await this.postgres.createDatabase(name),
      dataDir: join(folder, 'data'),
      receipts: { windowSeconds: 86_400, patienceSeconds: 86_400 },
    };
    await writeFile(config.commitmentKeyFile, this.key, { mode: 0o600 });
    await writeFile(config.consortium, JSON.stringify(this.topology.consortium));
    const { apiKeys } = await provisionGateway({
      config,
      identities: identities.map((one) => {
        const { certificate, key } = place.user(one);
        return { role: one, certPath: certificate, keyPath: key };
      }),
      makeKeys: true,
    });
    const file = join(folder, 'gateway.json');
    await writeFile(file, JSON.stringify(config));
    return RunningGateway.start(file, config.databaseUrl, peer, apiKeys, this.chain);
  }

  async close(): Promise<void> {
    await this.end();
  }
}

/** What readers of a channel's configuration look for: whose certificates are an organisation's. */
async function configOf({ organizations }: Topology, layout: StateLayout): Promise<Uint8Array> {
  const application = new common.ConfigGroup();
  for (const { slug, mspId } of organizations) {
    const fabric = new msp.FabricMSPConfig();
    fabric.setName(mspId);
    fabric.setRootCertsList([await readFile(join(layout.organization(slug).ca, 'ca.crt'))]);
    const config = new msp.MSPConfig();
    config.setConfig(fabric.serializeBinary());
    const value = new common.ConfigValue();
    value.setValue(config.serializeBinary());
    const group = new common.ConfigGroup();
    group.getValuesMap().set('MSP', value);
    application.getGroupsMap().set(mspId, group);
  }
  const channel = new common.ConfigGroup();
  channel.getGroupsMap().set('Application', application);
  const config = new common.Config();
  config.setChannelGroup(channel);
  return config.serializeBinary();
}

async function planOf(topology: Topology, layout: StateLayout, key: Uint8Array, records: number): Promise<ChainPlan> {
  const { consortium, chaincode, organizations } = topology;
  const certificates: Record<string, { client: string; peer: string }> = {};
  for (const { slug, identities, peers } of organizations) {
    const place = layout.organization(slug);
    const [role = ''] = identities;
    certificates[slug] = {
      client: await readFile(place.user(role).certificate, 'utf8'),
      peer: await readFile(place.node(peers[0]?.name ?? '').certificate, 'utf8'),
    };
  }
  const mspId = organizations[0]?.mspId ?? '';
  return {
    consortium,
    chaincode: chaincode.name,
    certificates,
    config: await configOf(topology, layout),
    mspId,
    key,
    // Some transactions make no new record, and some blocks are to arrive while traces are asked.
    blocks: Math.ceil((records * 1.02) / transactionsOfBlock) + blocksToArrive,
    transactionsOfBlock,
  };
}

async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes) throw new Error(`${folder} has not ${gib(bytes)} free`);
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** The process that hands the chain out. */
class Peer {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly end: () => Promise<unknown>,
  ) {}

  static async start(chain: string, certificate: string, key: string): Promise<Peer> {
    interruption.throwIfAborted();
    const child = fork(join(import.meta.dirname, 'peer.js'), [chain, certificate, key], { stdio: 'inherit' });
    const end = ended(() => stop(child, 'SIGKILL'));
    const [port] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error('the peer of the bench ended');
      }),
    ])) as [number];
    return new Peer(child, port, end);
  }

  has(blocks: number): void {
    this.child.send(blocks);
  }
}

/** One gateway, as its command runs it. */
export class RunningGateway {
  private blocks = 1;

  private constructor(
    readonly url: string,
    readonly apiKeys: Readonly<Record<string, string>>,
    private readonly peer: Peer,
    private readonly chain: ChainFile,
    private readonly databaseUrl: string,
    private readonly end: () => Promise<unknown>,
  ) {}

  static async start(
    file: string,
    databaseUrl: string,
    peer: Peer,
    apiKeys: Readonly<Record<string, string>>,
    chain: ChainFile,
  ): Promise<RunningGateway> {
    peer.has(1);
    interruption.throwIfAborted();
    const child = spawn(process.execPath, [program, '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    // Its database is thrown away, and its batches wait for a peer that never answers.
    const end = ended(async () => {
      await stop(child, 'SIGKILL');
      await peer.end();
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', () => {
        reject(new Error('the gateway ended'));
      });
      const lines = createInterface(child.stdout).on('line', (line) => {
        const { url: at } = JSON.parse(line) as { url?: string };
        if (at === undefined) return;
        resolve(at);
        // A line for each request follows, which nobody reads.
        lines.close();
        child.stdout.resume();
      });
    });
    const gateway = new RunningGateway(url, apiKeys, peer, chain, databaseUrl, end);
    await gateway.reached(1);
    return gateway;
  }

  /** How many records are in the blocks that the peer has. */
  get records(): number {
    return this.chain.recordsBefore[this.blocks] ?? 0;
  }

  /** How many transactions are in them. */
  get transactions(): number {
    return (this.blocks - 1) * transactionsOfBlock;
  }

  /** Gives the peer so many more blocks, as long as there are some. */
  arrive(blocks: number): void {
    this.blocks = Math.min(this.blocks + blocks, this.chain.recordsBefore.length - 1);
    this.peer.has(this.blocks);
  }

  /** @throws Error where the answer is none */
  async post<T>(path: string, role: string, body: unknown): Promise<T> {
    return this.request(path, role, { method: 'POST', body: JSON.stringify(body) });
  }

  async get<T>(path: string, role: string): Promise<T> {
    return this.request(path, role, {});
  }

  /** Gives the peer all blocks up to the record, and answers records a second until they are all projected. */
  async fill(records: number, name: string): Promise<number> {
    const before = this.records;
    const blocks = this.chain.recordsBefore.findIndex((count) => count >= records);
    if (blocks < 0) throw new Error(`the chain has not ${records} records`);
    const began = performance.now();
    this.arrive(blocks - this.blocks);
    await this.reached(blocks, (height) => {
      const done = (this.chain.recordsBefore[height] ?? 0) - before;
      const seconds = (performance.now() - began) / 1000;
      report(`${name}: ${done} records, ${(done / seconds).toFixed(0)}/s`);
    });
    return ((this.records - before) / (performance.now() - began)) * 1000;
  }

  /** Does what PostgreSQL does by itself in the minutes after so many rows came. */
  async settle(): Promise<void> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    await client.query('vacuum (analyze)');
    await client.end();
  }

  async stop(): Promise<void> {
    await this.end();
  }

  private async reached(blocks: number, progress?: (height: number) => void): Promise<void> {
    for (let told = Date.now(); ;) {
      const height = await this.height();
      if (height >= blocks) return;
      if (progress !== undefined && Date.now() - told > 10_000) {
        told = Date.now();
        progress(height);
      }
      await sleep(100, undefined, { signal: interruption });
    }
  }

  private async request<T>(path: string, role: string, init: RequestInit): Promise<T> {
    const headers = { authorization: `Bearer ${this.apiKeys[role] ?? ''}`, 'content-type': 'application/json' };
    const answer = await fetch(`${this.url}${path}`, { ...init, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }

  private async height(): Promise<number> {
    const answer = await fetch(`${this.url}/readyz`);
    const { projection } = (await answer.json()) as { projection?: { blockHeight: number } };
    return projection?.blockHeight ?? 0;
  }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}
