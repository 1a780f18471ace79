import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LedgerConfig } from '../../src/config/schema.js';
import { Member } from './member.js';
import { Organization } from './organization.js';
import { eventually } from './waiting.js';

const here = dirname(fileURLToPath(import.meta.url));
export const LEDGER = join(here, '..', '..', 'bin', 'ledger');
export const MSP_IDS = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;

type ChaincodeEntry = NonNullable<LedgerConfig['chaincodes']>[number];

export interface ConsortiumOptions {
  readonly config?: Partial<LedgerConfig>;
  readonly endorsementPolicy?: string;
  readonly collections?: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Three organisations, an embedded ledger and the chaincode server of all three, each a process of its own. */
export class Consortium {
  private ledger: ChildProcess | undefined;
  private chaincode: ChildProcess | undefined;
  private readonly members = new Map<string, Member>();
  private log = '';

  private constructor(
    readonly folder: string,
    readonly configFile: string,
    readonly config: LedgerConfig,
    readonly organizations: readonly Organization[],
  ) {}

  static async create(options: ConsortiumOptions = {}): Promise<Consortium> {
    const folder = mkdtempSync(join(tmpdir(), 'ledger-feature-'));
    const organizations = await Promise.all(MSP_IDS.map((mspId) => Organization.create(folder, mspId, 'peer')));
    await Organization.create(folder, 'OrdererMSP', 'orderer');
    const ports = await freePorts(9);
    const at = (i: number): string => `127.0.0.1:${ports[i] ?? 0}`;
    if (options.collections !== undefined)
      writeFileSync(join(folder, 'collections.json'), JSON.stringify(options.collections));
    const policy = options.endorsementPolicy ?? "OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')";
    const config: LedgerConfig = {
      channel: 'mychannel',
      data: 'data',
      batchTimeoutMs: 20,
      logLevel: 'info',
      organizations: MSP_IDS.map((mspId, i) => ({
        mspId,
        msp: `${mspId}/msp`,
        peer: {
          listen: at(i),
          msp: `${mspId}/node/msp`,
          tls: { cert: `${mspId}/node/tls/server.crt`, key: `${mspId}/node/tls/server.key` },
          disabledFile: `${mspId}.down`,
        },
      })),
      orderer: {
        mspId: 'OrdererMSP',
        msp: 'OrdererMSP/msp',
        node: { msp: 'OrdererMSP/node/msp' },
        tls: { cert: 'OrdererMSP/node/tls/server.crt', key: 'OrdererMSP/node/tls/server.key' },
      },
      chaincodes: [
        {
          name: 'steps',
          version: '1.0',
          sequence: 1,
          packageId: 'steps:aa',
          endpoints: Object.fromEntries(MSP_IDS.map((mspId, i) => [mspId, at(3 + i)])),
          endorsementPolicy: policy,
          ...(options.collections === undefined ? {} : { collections: 'collections.json' }),
        },
        {
          name: 'other',
          version: '1.0',
          sequence: 1,
          packageId: 'other:bb',
          endpoints: Object.fromEntries(MSP_IDS.map((mspId, i) => [mspId, at(6 + i)])),
        },
      ],
      ...options.config,
    };
    const configFile = join(folder, 'ledger.json');
    writeFileSync(configFile, JSON.stringify(config));
    return new Consortium(folder, configFile, config, organizations);
  }

  static async start(options: ConsortiumOptions = {}): Promise<Consortium> {
    const consortium = await Consortium.create(options);
    try {
      await Promise.all([consortium.startChaincode(), consortium.startLedger()]);
      return consortium;
    } catch (cause) {
      await consortium.stop();
      throw cause;
    }
  }

  async startChaincode(): Promise<void> {
    const servers = (this.config.chaincodes ?? []).flatMap(({ packageId, endpoints }) =>
      Object.entries(endpoints).map(([mspId, address]) => [packageId ?? 'any:id', mspId, address]),
    );
    const env = { ...process.env, CORE_CHAINCODE_LOGGING_LEVEL: 'error', CORE_CHAINCODE_LOGGING_SHIM: 'error' };
    delete (env as Record<string, string | undefined>)['NODE_OPTIONS'];
    this.chaincode = spawn(process.execPath, [join(here, 'chaincode.mjs'), JSON.stringify(servers)], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await lineFrom(this.chaincode, /serving/);
  }

  async stopChaincode(): Promise<void> {
    await ended(this.chaincode, 'SIGKILL');
  }

  async startLedger(): Promise<void> {
    this.ledger = spawn(LEDGER, ['--config', this.configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: withoutNodeOptions(),
    });
    this.ledger.stderr?.on('data', (bytes: Buffer) => {
      this.log = (this.log + bytes.toString()).slice(-100_000);
    });
    await lineFrom(this.ledger, /^ready (.+)$/m, () => this.log);
  }

  /** Runs the ledger where it is expected not to start. */
  async failToStart(configFile = this.configFile): Promise<Exit> {
    return this.command('--config', configFile);
  }

  /** Runs `ledger` with other arguments, to its end. */
  async command(...args: string[]): Promise<Exit> {
    const child = spawn(LEDGER, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: withoutNodeOptions(),
    });
    let stdout = '';
    child.stdout.on('data', (bytes: Buffer) => {
      stdout += bytes.toString();
    });
    let stderr = '';
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, stdout, stderr };
  }

  async stopLedger(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.disconnect();
    await ended(this.ledger, signal);
  }

  /** Changes one chaincode of the configuration file; the running ledger is not told. */
  configure(name: string, change: Partial<ChaincodeEntry>): void {
    const config = JSON.parse(readFileSync(this.configFile, 'utf8')) as LedgerConfig;
    const chaincodes = (config.chaincodes ?? []).map((entry) =>
      entry.name === name ? { ...entry, ...change } : entry,
    );
    writeFileSync(this.configFile, JSON.stringify({ ...config, chaincodes }));
  }

  /** Has the running ledger read its file again; returns what it said about it. */
  async reload(): Promise<string> {
    const before = this.log.length;
    this.ledger?.kill('SIGHUP');
    let said = '';
    await eventually(() => {
      said = this.log.slice(before);
      if (!/taken over|is not taken/.test(said)) throw new Error(`the ledger did not answer SIGHUP: ${said}`);
    });
    return said;
  }

  get ledgerLog(): string {
    return this.log;
  }

  /** How the ledger ended by itself. */
  async ledgerEnd(): Promise<{ code: number | null; line: string }> {
    const child = this.ledger;
    if (child === undefined) throw new Error('no ledger was started');
    const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('close', resolve)));
    const line = this.log.split('\n').filter((text) => text.startsWith('ledger: '));
    return { code, line: line.join('\n') };
  }

  get ledgerPid(): number {
    return this.ledger?.pid ?? 0;
  }

  organization(mspId: string): Organization {
    const found = this.organizations.find((organization) => organization.mspId === mspId);
    if (found === undefined) throw new Error(`no organization ${mspId}`);
    return found;
  }

  address(mspId: string): string {
    return this.config.organizations.find((candidate) => candidate.mspId === mspId)?.peer?.listen ?? '';
  }

  /** A client of an organisation's own peer. */
  member(mspId: string): Member {
    let member = this.members.get(mspId);
    if (member === undefined) {
      const organization = this.organization(mspId);
      member = Member.connect(organization, this.address(mspId));
      this.members.set(mspId, member);
    }
    return member;
  }

  dataFile(name: string): Buffer {
    return readFileSync(join(this.folder, 'data', name));
  }

  disconnect(): void {
    for (const member of this.members.values()) member.close();
    this.members.clear();
  }

  async stop(): Promise<void> {
    await this.stopLedger();
    await this.stopChaincode();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function withoutNodeOptions(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  delete env['NODE_OPTIONS'];
  return env;
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => {
            resolve(server);
          });
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
        }),
    ),
  );
  return ports;
}

async function lineFrom(child: ChildProcess, pattern: RegExp, log?: () => string): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      output += bytes.toString();
      if (pattern.test(output)) resolve();
    });
    child.once('exit', (code) => {
      reject(new Error(`the process ended with ${code ?? 'a signal'} before it was ready: ${log?.() ?? output}`));
    });
  });
}

async function ended(child: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exit;
}
