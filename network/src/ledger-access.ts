import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import {
  type ConnectOptions,
  type Contract,
  connect,
  type Gateway,
  hash,
  type Network as Channel,
  signers,
} from '@hyperledger/fabric-gateway';
import { NetworkError } from './errors.js';
import type { Network } from './network.js';

/** A channel as one identity of an organisation sees it through its own peer, without our gateway. */
export interface LedgerAccess {
  mspId: string;
  gateway: Gateway;
  channel: Channel;
  contract: Contract;
  close(): void;
}

export type Signing = (key: KeyObject) => Pick<ConnectOptions, 'signer' | 'hash'>;

const signingBySdk: Signing = (key) => ({ signer: signers.newPrivateKeySigner(key), hash: hash.sha256 });

/** Opens the ledger for the caller with that role: what anybody can do who holds the certificate. */
export function openLedger(
  network: Network,
  slug: string,
  role: string,
  signing: Signing = signingBySdk,
): LedgerAccess {
  const organization = network.organizations.find((candidate) => candidate.slug === slug);
  const [peer] = organization?.peers ?? [];
  const user = Object.entries(organization?.users ?? {}).find(([name]) => name === role)?.[1];
  if (organization === undefined || peer === undefined || user === undefined) {
    throw new NetworkError('PROCESS_UNKNOWN', `${slug} has no identity with the role ${role}`);
  }
  const client = new Client(peer.endpoint, credentials.createSsl(readFileSync(peer.tlsRootPath)), {
    'grpc.ssl_target_name_override': peer.hostAlias,
  });
  const gateway = connect({
    client,
    identity: { mspId: organization.mspId, credentials: readFileSync(user.certPath) },
    ...signing(createPrivateKey(readFileSync(user.keyPath))),
  });
  const channel = gateway.getNetwork(network.channel);
  return {
    mspId: organization.mspId,
    gateway,
    channel,
    contract: channel.getContract(network.chaincodeName),
    close() {
      gateway.close();
      client.close();
    },
  };
}
