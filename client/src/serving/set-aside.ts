import { X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { SignedReceipt } from '@proofward/evidence';
import { ProblemError } from '../problem.js';
import { syncFolder } from './cursor.js';

/** How far two clocks may be apart, for a gateway, in milliseconds. */
const clockTolerance = 15 * 60_000;

/** Of a request's receipts the one that a gateway points at. */
export function refusedIndex(error: unknown): number | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  const [, index] = /^\/receipts\/(\d+)(?:\/|$)/.exec(error.pointer ?? '') ?? [];
  return index === undefined ? undefined : Number(index);
}

/**
 * Whether what a gateway refused can never be handed in: its number has gone to another one, or it is of a time that cannot
 * have been. Of that the own clock is the judge, so nothing is given up while that clock is the one that is wrong.
 */
export function isForGood(error: unknown, { receipt, certificate }: SignedReceipt, now: number): boolean {
  if (!(error instanceof ProblemError)) return false;
  const at = Date.parse(receipt.at);
  switch (error.code) {
    case 'SEQUENCE_REPEATED':
      return true;
    case 'RECEIPT_AHEAD':
      return at > now + clockTolerance;
    case 'RECEIPT_INVALID':
      return !isValidAt(certificate, at, clockTolerance);
    default:
      return false;
  }
}

/**
 * Whether a certificate is valid at a time; false for what is none.
 *
 * @param tolerance how much later than that time it may begin, for clocks that differ
 */
export function isValidAt(pem: string, time: number, tolerance = 0): boolean {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return time >= Date.parse(validFrom) - tolerance && time <= Date.parse(validTo);
  } catch {
    return false;
  }
}

/** Appends a receipt, with what was said of it, to a file, and answers when it is on the disk. */
export async function setAside(path: string, signed: SignedReceipt, error: ProblemError, now: Date): Promise<void> {
  const { code, message } = error;
  const handle = await open(path, 'a', 0o600);
  try {
    await handle.appendFile(`${JSON.stringify({ at: now.toISOString(), code, message, signed })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(path);
}
