import { sign } from 'node:crypto';
import { hasLowS, type LedgerAccess, type Network, openLedger, type Signing } from '@proofward/network';

/**
 * OpenSSL signs, as in our gateway. The SDK's own signer is JavaScript and would be most of what the client does: on two
 * cores the ledgers under it could hardly be told apart.
 */
const signingByOpenSsl: Signing = (key) => ({
  hash: (message) => message,
  signer: (message) => {
    let signature = sign('sha256', message, key);
    // Fabric takes the lower of the two forms of a signature, which every second one is.
    while (!hasLowS(signature)) signature = sign('sha256', message, key);
    return Promise.resolve(signature);
  },
});

/** The load generator of all `ledger.*` figures, the same for either target. */
export function openClient(network: Network, slug: string): LedgerAccess {
  return openLedger(network, slug, 'admin', signingByOpenSsl);
}
