import { signedReceiptSchema } from '@proofward/evidence';
import { z } from 'zod';
import { ReceiptRefusedError } from './errors.js';
import type { IssuedReceipt } from './serving.js';

/** The header in which a receipt goes with its output, so that the output's bytes stay what they are. */
export const receiptHeader = 'Proofward-Receipt';

const saltSchema = z.string().regex(/^[0-9a-f]{64}$/);
const issuedSchema = z.strictObject({
  signed: signedReceiptSchema,
  salts: z.strictObject({ input: saltSchema, output: saltSchema }),
});

/** The header's value: base64url of the JSON of receipt and salts. */
export function writeReceipt(issued: IssuedReceipt): string {
  return Buffer.from(JSON.stringify(issued)).toString('base64url');
}

/**
 * @param value of the header {@link receiptHeader}; null or undefined where the output came without one
 * @throws ReceiptRefusedError
 */
export function readReceipt(value: string | null | undefined): IssuedReceipt {
  if (value === null || value === undefined) throw new ReceiptRefusedError('missing', 'the output has no receipt');
  try {
    return issuedSchema.parse(JSON.parse(Buffer.from(value, 'base64url').toString('utf8')));
  } catch {
    throw new ReceiptRefusedError('malformed', 'what goes with the output is not a receipt');
  }
}
