import { jsonPointerToken, type PrivateRecord, privateValues } from '@proofward/evidence';

const digest = /^[0-9a-f]{64}$/;

/** The SHA-256 digests among a private record's values (not its salts), each with the JSON pointer to it. */
export function digestsIn(record: PrivateRecord): { digest: string; pointer: string }[] {
  const found: { digest: string; pointer: string }[] = [];
  const walk = (value: unknown, pointer: string): void => {
    if (typeof value === 'string') {
      if (digest.test(value)) found.push({ digest: value, pointer });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) walk(member, `${pointer}/${jsonPointerToken(name)}`);
    }
  };
  walk(privateValues(record), '');
  return found;
}
