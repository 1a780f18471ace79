import { presentFields, type Presentation, type PrivateType, ProofwardError } from '@proofward/evidence';
import type { RecordItem } from './types.js';

/**
 * Shows the named private fields of a record that was read with its salts, and nothing of the others.
 *
 * @throws ProofwardError INVALID_FIELD
 */
export function present(channel: string, record: RecordItem<PrivateType>, names: readonly string[]): Presentation {
  const { id, header, fields, type } = record;
  if (fields === undefined) throw new ProofwardError('INVALID_FIELD', 'the record was not read with its salts');
  return presentFields(channel, { schema: header.schema, type, id, revision: header.privateRevision, fields }, names);
}
