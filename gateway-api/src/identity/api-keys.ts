import { callerRoles, digestSchema, timeSchema, type CallerRole } from '@proofward/evidence';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { reasonOf } from '../failure.js';
import { readIfPresent, writeSecretFile } from '../files.js';
import { defaultScopes, scopes } from './scopes.js';

const keyPattern = /^pwk_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;

/** A key as the gateway keeps it: its hash, never itself. */
const apiKeySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  role: z.enum(callerRoles),
  scopes: z.array(z.enum(scopes)),
  /** The label of the identity in the wallet that this key signs with. */
  identity: z.string().min(1),
  sha256: digestSchema,
  createdAt: timeSchema,
});
export type ApiKey = z.infer<typeof apiKeySchema>;

const fileSchema = z.strictObject({ version: z.literal(1), keys: z.array(apiKeySchema) });

/** Makes a key. The text is what the caller presents, and is nowhere kept. */
export function newApiKey(role: CallerRole, identity: string): { text: string; record: ApiKey } {
  const id = randomBytes(4).toString('hex');
  const text = `pwk_${id}_${randomBytes(32).toString('base64url')}`;
  const createdAt = new Date().toISOString();
  return { text, record: { id, role, scopes: defaultScopes(role), identity, sha256: hashOf(text), createdAt } };
}

/** The keys of a gateway. */
export class ApiKeys {
  private readonly byId: ReadonlyMap<string, ApiKey>;

  constructor(readonly records: readonly ApiKey[]) {
    this.byId = new Map(records.map((record) => [record.id, record]));
  }

  static async read(file: string): Promise<ApiKeys> {
    const bytes = await readIfPresent(file);
    if (bytes === undefined) return new ApiKeys([]);
    try {
      return new ApiKeys(fileSchema.parse(JSON.parse(bytes.toString('utf8'))).keys);
    } catch (error) {
      throw new Error(`${file} is not a file of API keys: ${reasonOf(error)}`, { cause: error });
    }
  }

  async write(file: string): Promise<void> {
    await writeSecretFile(file, `${JSON.stringify({ version: 1, keys: this.records }, null, 2)}\n`);
  }

  /** The key that was presented, if it is one of these. Hashes are compared in constant time. */
  find(text: string): ApiKey | undefined {
    const id = keyPattern.exec(text)?.[1];
    const record = id === undefined ? undefined : this.byId.get(id);
    if (record === undefined) return undefined;
    return timingSafeEqual(Buffer.from(hashOf(text), 'hex'), Buffer.from(record.sha256, 'hex')) ? record : undefined;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
