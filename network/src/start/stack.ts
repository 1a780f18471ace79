import { rm } from 'node:fs/promises';
import { ProofwardClient } from '@proofward/client';
import { NetworkError } from '../errors.js';
import { type Network, type NetworkOptions, openNetwork } from '../network.js';
import { together } from '../process/together.js';
import { performing, type Report } from '../progress.js';
import { databaseName, endStray, planDatabase, provideDatabases } from './database.js';
import { configureGateway, gatewayName, planGateway } from './gateways.js';
import { readStackFile, type StackFile, stackFilePath, type StackOrganization, writeStackFile } from './stack-file.js';

/** A network with its gateways and their database: everything that `npm start` runs. */
export class Stack {
  /** What was not as an earlier start had left it, and was mended: one line each. */
  readonly warnings: string[] = [];
  readonly report: Report;
  private file: StackFile | undefined;

  constructor(
    readonly network: Network,
    report?: Report,
  ) {
    this.report = report ?? (() => undefined);
  }

  /** Brings up what does not run yet, from wherever an earlier call stopped. */
  async up(): Promise<void> {
    await this.network.up();
    const databaseUrls = await performing(this.report, 'database', () =>
      provideDatabases(this.network, process.env.DATABASE_URL),
    );
    this.file = await performing(this.report, 'gateways', () => this.startGateways(databaseUrls));
    await performing(this.report, 'role records', () => this.applyRoles());
  }

  /** Finds a stack that another process brought up. */
  async attach(): Promise<void> {
    this.file = await readStackFile(stackFilePath(this.network.stateDir));
  }

  /** Stops everything that runs, whoever started it, and keeps the state. */
  async down(): Promise<void> {
    await this.network.down();
    await endStray(this.network);
  }

  /** Stops everything and forgets all that it recorded. */
  async forget(): Promise<void> {
    await this.down();
    await rm(this.network.stateDir, { recursive: true, force: true });
    this.file = undefined;
  }

  /** How programs reach it. */
  get description(): StackFile {
    if (this.file === undefined) throw new NetworkError('NOT_READY', 'the stack is not up', 'run `npm start`');
    return this.file;
  }

  organization(slug: string): StackOrganization {
    const found = this.description.organizations.find((organization) => organization.slug === slug);
    if (found === undefined) throw new NetworkError('PROCESS_UNKNOWN', `no organisation ${slug}`);
    return found;
  }

  /** A client of an organisation's gateway in a caller's role. */
  client(slug: string, role: string): ProofwardClient {
    const { url, apiKeys } = this.organization(slug);
    const apiKey = apiKeys[role];
    if (apiKey === undefined)
      throw new NetworkError('PROCESS_UNKNOWN', `${slug} has no identity with the role ${role}`);
    return new ProofwardClient({ url, apiKey });
  }

  /** Starts one process of the stack by name: of the network, `postgres`, or `gateway.<slug>`. */
  async start(name: string): Promise<void> {
    const { fleet, organizations } = this.network;
    const organization = organizations.find(({ slug }) => gatewayName(slug) === name);
    if (name === databaseName) await fleet.start(planDatabase(this.network));
    else if (organization === undefined) await this.network.start(name);
    else await fleet.start(await planGateway(this.network, organization));
  }

  async stop(name: string): Promise<void> {
    if (this.isBeside(name)) await this.network.fleet.stop(name);
    else await this.network.stop(name);
  }

  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.isBeside(name)) await this.network.fleet.kill(name, signal);
    else await this.network.kill(name, signal);
  }

  /** Stops what this object started and nothing else; may be called at any time, also while `up` is under way. */
  async downOwn(): Promise<string[]> {
    const stopped = await this.network.downOwn();
    await endStray(this.network);
    return stopped;
  }

  private async startGateways(databaseUrls: Map<string, string>): Promise<StackFile> {
    const path = stackFilePath(this.network.stateDir);
    const known = await readStackFile(path);
    const organizations: StackOrganization[] = [];
    for (const organization of this.network.organizations) {
      const { slug } = organization;
      const before = known?.organizations.find((candidate) => candidate.slug === slug);
      const databaseUrl = databaseUrls.get(slug) ?? '';
      const configured = await configureGateway(this.network, organization, databaseUrl, before);
      organizations.push(configured.organization);
      this.warnings.push(...configured.warnings);
    }
    const file: StackFile = { target: this.network.target, channel: this.network.channel, organizations };
    await writeStackFile(path, file);
    await together(
      this.network.organizations.map(async (organization) => {
        await this.network.fleet.startAnew(await planGateway(this.network, organization));
      }),
    );
    return file;
  }

  /** Every organisation's admin applies its own role record, as the approved consortium file has it. */
  private async applyRoles(): Promise<string> {
    for (const { slug } of this.network.organizations) await this.client(slug, 'admin').roles.apply(slug);
    return `${this.network.organizations.length} organisations`;
  }

  /** Whether it stands beside the network, and is not of it. */
  private isBeside(name: string): boolean {
    return name === databaseName || this.network.organizations.some(({ slug }) => gatewayName(slug) === name);
  }
}

/** Brings a whole stack up. */
export async function stackUp(options: NetworkOptions): Promise<Stack> {
  const stack = new Stack(await openNetwork(options), options.report);
  await stack.up();
  return stack;
}
