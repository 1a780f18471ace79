import { randomBytes } from 'node:crypto';
import type { LedgerAccess } from '@proofward/network';

/** Who endorses, on either target: two peers satisfy the chaincode's policy. */
export const endorsers = ['ClevelandMSP', 'AuditorAMSP'];

/** One transaction that puts one new key; it has been committed as valid when this returns. */
export async function put(access: LedgerAccess): Promise<void> {
  await access.contract.submit('put', {
    arguments: [`key-${randomBytes(12).toString('hex')}`, randomBytes(50).toString('hex')],
    endorsingOrganizations: endorsers,
  });
}
