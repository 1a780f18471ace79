import {
  jsonPointerToken,
  modelPrivateSchema,
  type PrivateRecord,
  privateValues,
  weightsRoot,
} from '@proofward/evidence';

const fingerprintSchema = modelPrivateSchema.shape.fingerprint;
const digest = /^[0-9a-f]{64}$/;

/**
 * The SHA-256 digests by which a private record is known, each with the JSON pointer to it: those among its values (not its
 * salts), and of a model version the root over its files, which receipts name it by, whether its author wrote it or not.
 */
export function digestsIn(record: PrivateRecord): { digest: string; pointer: string }[] {
  const found: { digest: string; pointer: string }[] = [];
  const walk = (value: unknown, pointer: string): void => {
    if (typeof value === 'string') {
      if (digest.test(value)) found.push({ digest: value, pointer });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) walk(member, `${pointer}/${jsonPointerToken(name)}`);
    }
  };
  const values = privateValues(record);
  walk(values, '');
  if (record.type === 'model') {
    // What two organisations have put there against the rules must not stop the projection.
    const { data: fingerprint } = fingerprintSchema.safeParse(values.fingerprint);
    const root = fingerprint && weightsRoot(fingerprint.files);
    if (root !== undefined && fingerprint?.manifest?.root !== root)
      found.push({ digest: root, pointer: '/fingerprint/files' });
  }
  return found;
}
