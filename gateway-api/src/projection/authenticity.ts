import {
  bytesToHex,
  type Consortium,
  formatId,
  type Header,
  headerSchema,
  markHash,
  markKey,
  markValue,
  type parseHeaderKey,
  parseId,
  sha256,
  utf8ToBytes,
} from '@proofward/evidence';
import { markCopies, markHome } from '../kinds.js';
import type { CommittedTransaction, PublicWrite } from './block.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A header whose ledger key names the mark of exactly this header. */
export interface HeaderWrite {
  key: string;
  header: Header;
  /** Hex. */
  markHash: string;
}

/**
 * The header in a write under a key that `named` is read from, or undefined for anything else. Any two organisations can write any bytes under any key of
 * channel state, so nothing in a write is taken at its word.
 */
export function readHeaderWrite(
  channel: string,
  write: PublicWrite,
  named: NonNullable<ReturnType<typeof parseHeaderKey>>,
): HeaderWrite | undefined {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(write.value));
  } catch {
    return undefined;
  }
  const parsed = headerSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const header = parsed.data;
  if (header.id !== formatId(named.id)) return undefined;
  const hash = bytesToHex(markHash(markValue(channel, header)));
  return hash === named.markHash ? { key: write.key, header, markHash: hash } : undefined;
}

/**
 * Whether the creation of a header is its author's: the same transaction has put the mark that the key names into the
 * collection where the author's endorsement is required, and where a second organisation is party to it, into that one's.
 */
export function isMarked(
  consortium: Consortium,
  { header, markHash: valueHash }: HeaderWrite,
  { hashedWrites }: Pick<CommittedTransaction, 'hashedWrites'>,
): boolean {
  const collection = markHome(consortium, header);
  if (collection === undefined) return false;
  const keyHash = bytesToHex(sha256(utf8ToBytes(markKey(parseId(header.id)))));
  return [collection, ...markCopies(consortium, header)].every((place) =>
    hashedWrites.some(
      (write) =>
        write.collection === place && !write.isGone && write.keyHash === keyHash && write.valueHash === valueHash,
    ),
  );
}
