import { ProofwardClient } from '@proofward/client';
import { NetworkError, readStackFile, type StackFile, type StackOrganization } from '@proofward/network';

const remedy = 'run `npm start` in another terminal, and this again when it says "Ctrl-C ends it all"';

/** The organisations of a running network, by what `npm start` says of them. */
export class Parties {
  /** The newest block that a write of the story is in, and the one that every gateway is known to have. */
  private written = 0;
  private everywhere = 0;

  private constructor(private readonly stack: StackFile) {}

  /**
   * @param file start.json
   * @throws NetworkError NOT_READY
   */
  static async open(file: string): Promise<Parties> {
    const stack = await readStackFile(file);
    if (stack === undefined) throw new NetworkError('NOT_READY', `${file} tells of no network`, remedy);
    const parties = new Parties(stack);
    await Promise.all(stack.organizations.map((organization) => parties.assertReady(organization)));
    return parties;
  }

  get channel(): string {
    return this.stack.channel;
  }

  get target(): string {
    return this.stack.target;
  }

  /** The slugs of those that have this role in the consortium, in its order. */
  withRole(role: StackOrganization['role']): string[] {
    return this.stack.organizations.filter((organization) => organization.role === role).map(({ slug }) => slug);
  }

  /** The gateway of an organisation, for a caller of it. */
  as(slug: string, role: string): ProofwardClient {
    const { url, apiKeys } = this.organization(slug);
    const apiKey = apiKeys[role];
    if (apiKey === undefined) throw new NetworkError('PROCESS_UNKNOWN', `${slug} has no ${role}`);
    return new ProofwardClient({ url, apiKey, fetch: (address, request) => this.send(address, request) });
  }

  /** The files that an organisation's serving processes sign with. */
  servingOf(slug: string): NonNullable<StackOrganization['serving']> {
    const { serving } = this.organization(slug);
    if (serving === undefined) throw new NetworkError('NOT_READY', `start.json has no keys of ${slug}`, remedy);
    return serving;
  }

  private organization(slug: string): StackOrganization {
    const found = this.stack.organizations.find((organization) => organization.slug === slug);
    if (found === undefined) throw new NetworkError('PROCESS_UNKNOWN', `no organisation ${slug}`);
    return found;
  }

  private async assertReady({ slug, url }: StackOrganization): Promise<void> {
    const { ready } = await new ProofwardClient({ url, timeout: 5_000 }).ready().catch((cause: unknown) => {
      throw new NetworkError('NOT_READY', `the gateway of ${slug} does not answer at ${url}`, remedy, { cause });
    });
    if (!ready) throw new NetworkError('NOT_READY', `the gateway of ${slug} is not ready yet`, remedy);
  }

  /**
   * In the story one organisation builds at once on what another has just written. Their peers have the same blocks, though not
   * in the same moment, so each step waits until what was written before has come to everybody.
   */
  private async send(...[address, request]: Parameters<typeof fetch>): Promise<Response> {
    const written = this.written;
    if (written > this.everywhere) {
      const readers = this.stack.organizations.map(({ url, apiKeys }) => ({ url, apiKey: apiKeys.reader ?? '' }));
      await Promise.all(
        readers.map((reader) => new ProofwardClient(reader).roles.list({ minBlock: written, limit: 1 })),
      );
      this.everywhere = Math.max(this.everywhere, written);
    }
    const response = await fetch(address, request);
    if (request?.method === 'POST' && response.ok) {
      const { ledger } = (await response.clone().json()) as { ledger?: { block?: number } };
      this.written = Math.max(this.written, ledger?.block ?? 0);
    }
    return response;
  }
}
