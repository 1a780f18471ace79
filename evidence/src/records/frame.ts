import { z } from 'zod';
import { mspIdSchema } from '../consortium.js';
import { digestSchema } from './fields.js';
import { idSchema, type RecordType } from './id.js';
import { statesOf } from './states.js';
import { timeSchema } from './time.js';

const revisionSchema = z.int().min(1);

/** The members that every header has, whatever its type and schema version. */
export function frameOf<T extends RecordType>(type: T, schema: number) {
  return {
    type: z.literal(type),
    id: idSchema(type),
    schema: z.literal(schema),
    /** MSP id of the organisation that wrote it. */
    author: mspIdSchema,
    /** The transaction that created the record. */
    createdTx: digestSchema,
    status: z.enum(statesOf(type)),
    /** Counts the header's writes from 1. */
    revision: revisionSchema,
    /** The timestamp of the transaction that wrote this revision: its client's claim. */
    recordedAt: timeSchema,
    /** When the event happened, by its author. */
    effectiveAt: timeSchema,
    /** Set where the event was recorded more than 15 minutes after it happened. */
    late: z.literal(true).optional(),
  };
}

/** The epoch of the provider's collections under which the record was made. */
export const placedFields = { epoch: revisionSchema };

export const privatePartFields = {
  /** Root of the salted Merkle tree over the private fields, and the private record's key in its collection. */
  commitment: digestSchema,
  privateRevision: revisionSchema,
  ...placedFields,
};
