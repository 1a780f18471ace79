import {
  type Header,
  headerSchema,
  type PrivateRecord,
  privateRecordSchema,
  ProofwardError,
} from '@proofward/evidence';
import { z } from 'zod';

/** What chaincode answers is parsed like anything from outside: it may be of another version than this gateway. */

const writtenSchema = z.object({ header: headerSchema, replay: z.boolean().default(false) });
export type Written = z.output<typeof writtenSchema>;

const historySchema = z.array(z.object({ txId: z.string(), timestamp: z.string(), header: headerSchema }));

export function parseWritten(text: string): Written {
  return parse(writtenSchema, text);
}

export function parseHeader(text: string): Header {
  return parse(headerSchema, text);
}

/** Null where there is none. */
export function parseAnyHeader(text: string): Header | undefined {
  return parse(headerSchema.nullable(), text) ?? undefined;
}

export function parsePrivateRecord(text: string): PrivateRecord {
  return parse(privateRecordSchema, text);
}

export function parseHistory(text: string): z.output<typeof historySchema> {
  return parse(historySchema, text);
}

function parse<T extends z.ZodType>(schema: T, text: string): z.output<T> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ProofwardError('CHAINCODE_INVALID_ANSWER', 'the chaincode answered in an unknown form', { cause });
  }
}
