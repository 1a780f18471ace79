import { requireFabric } from '@proofward/network';
import { target } from '../harness/project.js';

const major = target === 'fabric' ? (await requireFabric()).major : 3;

/** What Fabric 3 answers, as the embedded ledger does, or Fabric 2.5, where the two releases differ. */
export function inRelease<T>({ v3, v2 }: { v3: T; v2: T }): T {
  return major === 3 ? v3 : v2;
}
