import * as grpc from '@grpc/grpc-js';
import { type Contract, connect, hash, type Network as Channel, signers } from '@hyperledger/fabric-gateway';
import type { Network } from '@proofward/network';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RogueWrite } from './rogue-write.js';

/** A bare Fabric client of one identity at its own organisation's peer: what anybody with a certificate can do. */
export class LedgerClient {
  readonly mspId: string;
  readonly channel: Channel;
  private readonly contract: Contract;
  private readonly client: grpc.Client;

  constructor(network: Network, slug: string, role: string) {
    const organization = network.organizations.find((candidate) => candidate.slug === slug);
    const [peer] = organization?.peers ?? [];
    const user = Object.entries(organization?.users ?? {}).find(([name]) => name === role)?.[1];
    if (organization === undefined || peer === undefined || user === undefined)
      throw new Error(`no ${role} of ${slug}`);
    this.mspId = organization.mspId;
    this.client = new grpc.Client(peer.endpoint, grpc.credentials.createSsl(readFileSync(peer.tlsRootPath)), {
      'grpc.ssl_target_name_override': peer.hostAlias,
    });
    this.channel = connect({
      client: this.client,
      identity: { mspId: organization.mspId, credentials: readFileSync(user.certPath) },
      signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(user.keyPath))),
      hash: hash.sha256,
    }).getNetwork(network.channel);
    this.contract = this.channel.getContract(network.chaincodeName);
  }

  /** Submits with the named organisations' endorsements and answers the validation code's name. */
  async submit(
    fn: string,
    args: string[],
    endorsers: string[],
    transient: Record<string, string> = {},
  ): Promise<string> {
    const submitted = await this.contract.submitAsync(fn, {
      arguments: args,
      endorsingOrganizations: endorsers,
      transientData: transient,
    });
    const { code, successful } = await submitted.getStatus();
    return successful ? 'VALID' : (codeNames[code] ?? String(code));
  }

  /** What the organisations' modified chaincode writes. */
  rogue(writes: RogueWrite[], endorsers: string[]): Promise<string> {
    return this.submit('rogue', [], endorsers, { orders: JSON.stringify(writes) });
  }

  async evaluate(fn: string, ...args: string[]): Promise<string> {
    const bytes = await this.contract.evaluate(fn, { arguments: args, endorsingOrganizations: [this.mspId] });
    return Buffer.from(bytes).toString('utf8');
  }

  /** A raw block, as the peer's system chaincode hands it out. */
  async block(number: number): Promise<Uint8Array> {
    const qscc = this.channel.getContract('qscc');
    return qscc.evaluateTransaction('GetBlockByNumber', this.channel.getName(), String(number));
  }

  close(): void {
    this.client.close();
  }
}

const codeNames: Record<number, string> = {
  10: 'ENDORSEMENT_POLICY_FAILURE',
  11: 'MVCC_READ_CONFLICT',
  12: 'PHANTOM_READ_CONFLICT',
};
