import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, hash, type Network, signers } from '@hyperledger/fabric-gateway';
import type { StateLayout } from '../state/layout.js';
import type { PeerNode } from '../topology/topology.js';

const evaluateTimeoutMs = 5000;

/** Speaks to a channel through a peer's gateway, as the administrator of the peer's organisation. */
export async function withGateway<Result>(
  channel: string,
  peer: PeerNode,
  layout: StateLayout,
  action: (network: Network) => Promise<Result>,
): Promise<Result> {
  const place = layout.organization(peer.slug);
  const admin = place.user('admin');
  const client = new Client(`127.0.0.1:${peer.ports.listen}`, credentials.createSsl(await readFile(place.tlsRoot)), {
    'grpc.ssl_target_name_override': peer.name,
  });
  const gateway = connect({
    client,
    identity: { mspId: peer.mspId, credentials: await readFile(admin.certificate) },
    signer: signers.newPrivateKeySigner(createPrivateKey(await readFile(admin.key))),
    hash: hash.sha256,
    evaluateOptions: () => ({ deadline: Date.now() + evaluateTimeoutMs }),
  });
  try {
    return await action(gateway.getNetwork(channel));
  } finally {
    gateway.close();
    client.close();
  }
}
