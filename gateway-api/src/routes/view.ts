import { type Consortium, type Header, isPrivateHeader, privateValues, trainedAndTestedOn } from '@proofward/evidence';
import type { z } from 'zod';
import type { amendmentSchema, recordSchema } from '../answers.js';
import type { Caller } from '../identity/authenticator.js';
import { collectionOf } from '../kinds.js';
import type { PrivatePart, StoredAmendment, StoredRecord } from '../queries/records.js';

export type RecordView = z.output<typeof recordSchema>;
type AmendmentView = z.output<typeof amendmentSchema>;

/** Where the revision of a record stands on the ledger. */
export type Place = RecordView['ledger'];

export function placeOf({ block, txId, clock }: Pick<StoredRecord, 'block' | 'txId' | 'clock'>): Place {
  return { block, txId, ...(clock === undefined ? {} : { clock }) };
}

/** What callers of this organisation may see of a record. */
export class Viewer {
  constructor(
    private readonly consortium: Consortium,
    private readonly ownMspId: string,
  ) {}

  /** Whether the own organisation is a member of the record's collection. */
  isMember(header: Header): boolean {
    return isPrivateHeader(header) && collectionOf(this.consortium, header)?.members.includes(this.ownMspId) === true;
  }

  mayReadPrivate(caller: Caller, header: Header): boolean {
    return this.isMember(header) && caller.scopes.includes('private:read');
  }

  /** What everybody on the channel sees. */
  header(header: Header, ledger: Place): RecordView {
    const { id, type, status, recordedAt, effectiveAt } = header;
    const commitment = isPrivateHeader(header) ? { commitment: header.commitment } : {};
    return { id, type, status, ...commitment, recordedAt, effectiveAt, ledger, header, ...warningsOf(header) };
  }

  view(caller: Caller, header: Header, ledger: Place, part: PrivatePart, withSalts = false): RecordView {
    const view = this.header(header, ledger);
    if (!isPrivateHeader(header)) return view;
    if (!this.mayReadPrivate(caller, header)) return { ...view, private: 'withheld' };
    if (typeof part === 'string') return { ...view, private: part };
    caller.reads.add(header.id);
    const values = privateValues(part) as Exclude<RecordView['private'], string | undefined>;
    return { ...view, private: values, ...(withSalts ? { fields: part.fields } : {}) };
  }
}

/** What has been corrected in a record, newest first; nothing where nothing was. */
export function amendmentsOf(
  viewer: Viewer,
  caller: Caller,
  amendments: readonly StoredAmendment[],
): { amendments?: AmendmentView[] } {
  if (amendments.length === 0) return {};
  return {
    amendments: amendments.map((stored) => {
      const { field, reasonCode } = stored.header;
      const view = viewer.view(caller, stored.header, placeOf(stored), stored.privatePart);
      const { id, commitment, recordedAt, effectiveAt, ledger } = view;
      return { id, field, reasonCode, commitment, recordedAt, effectiveAt, ledger, private: view.private };
    }),
  };
}

/** What a reader should know that no author says of his own record. */
function warningsOf(header: Header): Pick<RecordView, 'warnings'> {
  if (header.type !== 'model') return {};
  const warnings = trainedAndTestedOn(header.datasets).map((record) => ({
    code: 'trained-and-tested-on' as const,
    record,
  }));
  return warnings.length === 0 ? {} : { warnings };
}
