import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NetworkError } from '../errors.js';
import { readDocument, writeDocument } from '../state/document.js';
import { startTimeOf } from './identity.js';

const recordSchema = z.strictObject({
  name: z.string(),
  pid: z.number().int().positive(),
  startedAt: z.string(),
  command: z.array(z.string()).min(1),
  environment: z.record(z.string(), z.string()),
  ports: z.array(z.number().int()),
  /** Whether the keeper starts it again when it dies. */
  kept: z.boolean(),
  /** In whose name it runs, for an owner that may die and come back. */
  owner: z.string().optional(),
});
/** Who runs under a name, so that only that very process is ever signalled, and how to start it again. */
export type ProcessRecord = z.infer<typeof recordSchema>;

export function isAlive({ pid, startedAt }: Pick<ProcessRecord, 'pid' | 'startedAt'>): boolean {
  return startTimeOf(pid) === startedAt;
}

/** The process records of one network: `<state>/run/<name>.json`. */
export class ProcessRecords {
  constructor(private readonly folder: string) {}

  async write(record: ProcessRecord): Promise<void> {
    await writeDocument(this.path(record.name), record);
  }

  /** A damaged record counts as none: whoever runs under it is found, and named, by the port that it holds. */
  async read(name: string): Promise<ProcessRecord | undefined> {
    return readDocument(this.path(name), recordSchema).catch((error: unknown) => {
      if (error instanceof NetworkError) return undefined;
      throw error;
    });
  }

  async all(): Promise<ProcessRecord[]> {
    const names = await readdir(this.folder).catch(() => []);
    const records = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => this.read(name.slice(0, -'.json'.length))),
    );
    return records.filter((record) => record !== undefined);
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }

  private path(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}
