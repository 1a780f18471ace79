import * as grpc from '@grpc/grpc-js';
import { connect, type Contract, hash, signers } from '@hyperledger/fabric-gateway';
import type { Network } from '@proofward/network';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What somebody would write without us: the SDK, one identity, named endorsers. */
export class BareClient {
  private readonly contract: Contract;
  private readonly client: grpc.Client;

  constructor(network: Network, slug: string, role: string) {
    const organization = network.organizations.find((candidate) => candidate.slug === slug);
    const [peer] = organization?.peers ?? [];
    const user = Object.entries(organization?.users ?? {}).find(([name]) => name === role)?.[1];
    if (organization === undefined || peer === undefined || user === undefined)
      throw new Error(`no ${role} of ${slug}`);
    this.client = new grpc.Client(peer.endpoint, grpc.credentials.createSsl(readFileSync(peer.tlsRootPath)), {
      'grpc.ssl_target_name_override': peer.hostAlias,
    });
    this.contract = connect({
      client: this.client,
      identity: { mspId: organization.mspId, credentials: readFileSync(user.certPath) },
      signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(user.keyPath))),
      hash: hash.sha256,
    })
      .getNetwork(network.channel)
      .getContract(network.chaincodeName);
  }

  /** @throws CommitError where the transaction is not valid */
  async submit(fn: string, args: string[], transientData: Record<string, string>): Promise<void> {
    await this.contract.submit(fn, {
      arguments: args,
      transientData,
      endorsingOrganizations: ['ClevelandMSP', 'AuditorAMSP'],
    });
  }

  close(): void {
    this.client.close();
  }
}
