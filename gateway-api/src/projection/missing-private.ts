import { parseId, type PrivateRecord, ProofwardError } from '@proofward/evidence';
import type { Logger } from 'pino';
import type { Database } from '../database/database.js';
import { reasonOf } from '../failure.js';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import { contractOf } from '../kinds.js';
import type { Ledger } from '../ledger/ledger.js';
import { Loop } from '../loop.js';
import { readPrivateRecord } from './private-part.js';
import { storePrivate } from './read-model.js';

interface Missing extends Record<string, unknown> {
  id: string;
  commitment: string;
  collection: string;
  key_hash: string;
}

const batch = 20;

/** Reads again what the peer did not have when its block came: the event is not repeated. */
export class MissingPrivate {
  private readonly loop = new Loop(() => this.round());

  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly identity: () => LedgerIdentity,
    private readonly channel: string,
    private readonly log: Logger,
  ) {}

  run(): Promise<void> {
    return this.loop.run();
  }

  stop(): void {
    this.loop.stop();
  }

  private async round(): Promise<void> {
    try {
      for (const missing of await this.due()) await this.fetch(missing);
    } catch (error) {
      // Without database or peer there is nothing to do; the follower has said so.
      if (!(error instanceof ProofwardError))
        this.log.error({ reason: reasonOf(error) }, 'missing private records stay missing');
    }
  }

  private due(): Promise<Missing[]> {
    return this.database.query<Missing>(
      'select id, commitment, collection, key_hash from missing_private where retry_at <= now() order by retry_at limit $1',
      [batch],
    );
  }

  private async fetch({ id, commitment, collection, key_hash }: Missing): Promise<void> {
    const record = await this.read(id, commitment);
    if (record === undefined) {
      await this.database.query(
        `update missing_private set attempts = attempts + 1,
         retry_at = now() + least(power(2, least(attempts, 10)), 300) * interval '1 second'
         where id = $1 and commitment = $2`,
        [id, commitment],
      );
      return;
    }
    await this.database.transaction(async (query) => {
      // A purge in the meantime has taken it off the list; then it must not come back.
      const found = await query('delete from missing_private where id = $1 and commitment = $2 returning 1', [
        id,
        commitment,
      ]);
      if (found.length === 0) return;
      if (record === 'erased') await query('update records set private_erased = true where id = $1', [id]);
      else await storePrivate(query, [{ id, commitment, collection, keyHash: key_hash, record }]);
    });
    if (record === 'erased') this.log.info({ id }, 'a private record that was missing has been erased');
    else this.log.info({ id }, 'a private record that was missing has arrived');
  }

  private async read(id: string, commitment: string): Promise<PrivateRecord | 'erased' | undefined> {
    const call = { contract: contractOf(parseId(id).type), name: 'readPrivate', argument: id };
    try {
      return readPrivateRecord(this.channel, id, commitment, await this.ledger.evaluate(this.identity(), call));
    } catch (error) {
      if (!(error instanceof ProofwardError)) throw error;
      return error.code === 'PRIVATE_DATA_ERASED' ? 'erased' : undefined;
    }
  }
}
