import type { z } from 'zod';
import type { RecordType } from './id.js';

/** The schemas of one version of a type: what its author gives, the header that it stands in, and the private part. */
export interface SchemaVersion {
  public: z.ZodObject;
  header: z.ZodObject;
  private?: z.ZodObject;
}

/**
 * The schema versions of each type before the one in force, oldest first; the one in force is in `publicSchemas`,
 * `headerSchemas` and `privateSchemas`. What is here is never changed or taken out: records of that version stay as they
 * are, byte for byte, and are read by it; and new ones are taken, from the least version that the consortium voted for.
 */
export const earlierVersions = {} satisfies Partial<Record<RecordType, readonly [SchemaVersion, ...SchemaVersion[]]>>;

/** The versions of a type before the one in force, oldest first: the first is version 1. */
export function earlierVersionsOf(type: RecordType): readonly SchemaVersion[] {
  return (earlierVersions as Partial<Record<RecordType, readonly SchemaVersion[]>>)[type] ?? [];
}

/** The schema version in force of a type: that in which this release makes records. */
export function schemaVersionOf(type: RecordType): number {
  return earlierVersionsOf(type).length + 1;
}
