import { headerSchemas, incidentOfStop, ProofwardError } from '@proofward/evidence';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../database/database.js';
import { reasonOf } from '../failure.js';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import type { Registrar } from '../ledger/registrar.js';
import { Loop } from '../loop.js';
import { owesIncidentSql } from '../queries/findings.js';

const batch = 20;

/** The read model knows a stop within a moment. */
const roundsBefore = 20;
const pauseBetween = 200;

/**
 * Opens the incident of each of the site's stops that was flagged. A stop is endorsed by the site alone and goes through when
 * nobody else answers; the incident waits until one does. What is owed is read from the ledger's own records, so a gateway that
 * was down, or another one of the same site, opens it under the same id.
 */
export class StopIncidents {
  private readonly loop = new Loop(() => this.round());
  /** What was said of each that waits, so that it is said once. */
  private readonly waiting = new Map<string, string>();

  constructor(
    private readonly database: Database,
    private readonly registrar: Registrar,
    private readonly site: string,
    private readonly identity: () => LedgerIdentity,
    private readonly log: Logger,
  ) {}

  run(): Promise<void> {
    return this.loop.run();
  }

  stop(): void {
    this.loop.stop();
  }

  /**
   * Does what goes live at an endpoint. Where that waits for the incident of a stop that was just before it, which the next round
   * would open, so does this, as long as a person waits for an answer.
   *
   * @throws what the work throws
   */
  async before<T>(work: () => Promise<T>): Promise<T> {
    for (let rounds = 0; ; rounds++) {
      try {
        return await work();
      } catch (error) {
        const isOwed = error instanceof ProofwardError && error.code === 'INCIDENT_OWED';
        if (!isOwed || rounds === roundsBefore) throw error;
      }
      await this.round();
      await delay(pauseBetween);
    }
  }

  private async round(): Promise<void> {
    // Without a database there is nothing to do; the follower has said so.
    for (const row of await this.owed().catch(() => [])) await this.open(row.header);
  }

  private owed(): Promise<{ header: unknown }[]> {
    return this.database.query<{ header: unknown }>(
      `select r.header from records r where r.type = 'deployment' and r.owner = $1 and not r.deleted and ${owesIncidentSql('r')}
       order by r.ordinal limit ${batch}`,
      [this.site],
    );
  }

  private async open(stored: unknown): Promise<void> {
    const header = headerSchemas.deployment.parse(stored);
    const { id, publicFields, privateFields, effectiveAt } = incidentOfStop(header);
    try {
      await this.registrar.create(this.identity(), { type: 'incident', id, publicFields, privateFields, effectiveAt });
      this.waiting.delete(id);
      this.log.warn(
        { deployment: header.id, flags: header.flags, incident: id },
        'a stop was flagged; its incident is open',
      );
    } catch (error) {
      // Somebody of the site has opened it in his own words, which the read model will show.
      if (error instanceof ProofwardError && error.code === 'RECORD_EXISTS') return;
      const reason = reasonOf(error);
      if (this.waiting.get(id) === reason) return;
      this.waiting.set(id, reason);
      this.log.warn({ deployment: header.id, incident: id, reason }, 'the incident of a flagged stop waits');
    }
  }
}
