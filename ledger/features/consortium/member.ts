import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import {
  connect,
  type Contract,
  type Gateway,
  hash,
  type Network,
  type ProposalOptions,
  type Signer,
  signers,
  type Status,
} from '@hyperledger/fabric-gateway';
import type { Organization } from './organization.js';

export type Step = readonly [string, ...unknown[]];

export interface SubmitOptions extends Omit<ProposalOptions, 'arguments'> {
  readonly endorsers?: string[];
  readonly chaincode?: string;
}

/** A client program of one organisation, on the unmodified gateway client. */
export class Member {
  private constructor(
    readonly mspId: string,
    readonly gateway: Gateway,
    readonly client: Client,
    readonly signer: Signer,
    readonly certificate: Buffer,
  ) {}

  static connect(organization: Organization, address: string, user = `User1@${organization.mspId}`): Member {
    const { folder, mspId } = organization;
    const msp = join(folder, 'users', user, 'msp');
    return Member.as(
      mspId,
      address,
      readFileSync(join(folder, 'msp', 'tlscacerts', 'ca.pem')),
      readFileSync(join(msp, 'signcerts', 'cert.pem')),
      readFileSync(join(msp, 'keystore', 'key.pem')),
    );
  }

  static as(mspId: string, address: string, tlsRoot: Buffer, certificate: Buffer, key: Buffer): Member {
    const client = new Client(address, credentials.createSsl(tlsRoot));
    const signer = signers.newPrivateKeySigner(createPrivateKey(key));
    const gateway = connect({
      client,
      identity: { mspId, credentials: certificate },
      signer,
      hash: hash.sha256,
      evaluateOptions: () => ({ deadline: Date.now() + 15_000 }),
      endorseOptions: () => ({ deadline: Date.now() + 20_000 }),
      submitOptions: () => ({ deadline: Date.now() + 15_000 }),
      commitStatusOptions: () => ({ deadline: Date.now() + 20_000 }),
    });
    return new Member(mspId, gateway, client, signer, certificate);
  }

  get network(): Network {
    return this.gateway.getNetwork('mychannel');
  }

  contract(name = 'steps'): Contract {
    return this.network.getContract(name);
  }

  /** `endorsers` are the organisations at whose peers it may be evaluated. */
  async evaluate(steps: readonly Step[], options: SubmitOptions = {}): Promise<unknown[]> {
    const { chaincode, endorsers, ...rest } = options;
    const at = endorsers === undefined ? {} : { endorsingOrganizations: endorsers };
    const bytes = await this.contract(chaincode).evaluate('run', {
      arguments: [JSON.stringify(steps)],
      ...at,
      ...rest,
    });
    return JSON.parse(Buffer.from(bytes).toString()) as unknown[];
  }

  /** Endorses and submits; the commit is awaited and its code returned. */
  async submit(steps: readonly Step[], options: SubmitOptions = {}): Promise<Status & { result: unknown[] }> {
    const submitted = await this.send(steps, options);
    const status = await submitted.getStatus();
    return Object.assign(status, { result: JSON.parse(Buffer.from(submitted.getResult()).toString()) as unknown[] });
  }

  async send(
    steps: readonly Step[],
    options: SubmitOptions = {},
  ): ReturnType<Awaited<ReturnType<Member['endorse']>>['submit']> {
    return (await this.endorse(steps, options)).submit();
  }

  async endorse(
    steps: readonly Step[],
    options: SubmitOptions = {},
  ): ReturnType<ReturnType<Contract['newProposal']>['endorse']> {
    const { chaincode, endorsers, ...rest } = options;
    const proposal = this.contract(chaincode).newProposal('run', {
      arguments: [JSON.stringify(steps)],
      ...(endorsers === undefined ? {} : { endorsingOrganizations: endorsers }),
      ...rest,
    });
    return proposal.endorse();
  }

  close(): void {
    this.gateway.close();
    this.client.close();
  }
}
