import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import {
  connect,
  type Contract,
  type Gateway,
  hash,
  type Network,
  type Proposal,
  type ProposalOptions,
  type Signer,
  signers,
  type Status,
  type SubmittedTransaction,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import { common, gateway as messages } from '@hyperledger/fabric-protos';
import type { StateLayout } from '@proofward/network';

/** One thing that the steps chaincode does: its name, then its arguments. */
export type Step = readonly [string, ...unknown[]];

export interface StepOptions extends Omit<ProposalOptions, 'arguments'> {
  readonly endorsers?: readonly string[];
  readonly chaincode?: string;
}

export interface MemberAccess {
  mspId: string;
  slug: string;
  channel: string;
  address: string;
  /** A path. */
  tlsRoot: string;
  /** Waited for before each call: on Fabric peers commit at their own pace, and that is not what a test is about. */
  settled(): Promise<void>;
}

/** A client program of one organisation, on the unmodified gateway client. */
export class Member {
  private constructor(
    private readonly access: MemberAccess,
    readonly gateway: Gateway,
    readonly client: Client,
    readonly signer: Signer,
    readonly certificate: Uint8Array,
  ) {}

  static open(access: MemberAccess, layout: StateLayout, user: string): Member {
    const { certificate, key } = layout.organization(access.slug).user(user);
    return Member.as(access, readFileSync(certificate), readFileSync(key, 'utf8'));
  }

  static as(access: MemberAccess, certificate: Uint8Array, keyPem: string): Member {
    const client = new Client(access.address, credentials.createSsl(readFileSync(access.tlsRoot)));
    const signer = signers.newPrivateKeySigner(createPrivateKey(keyPem));
    const gateway = connect({
      client,
      identity: { mspId: access.mspId, credentials: certificate },
      signer,
      hash: hash.sha256,
      evaluateOptions: () => ({ deadline: Date.now() + 30_000 }),
      endorseOptions: () => ({ deadline: Date.now() + 30_000 }),
      submitOptions: () => ({ deadline: Date.now() + 30_000 }),
      commitStatusOptions: () => ({ deadline: Date.now() + 60_000 }),
    });
    return new Member(access, gateway, client, signer, certificate);
  }

  get mspId(): string {
    return this.access.mspId;
  }
  get network(): Network {
    return this.gateway.getNetwork(this.access.channel);
  }

  contract(name = 'steps'): Contract {
    return this.network.getContract(name);
  }

  proposal(steps: readonly Step[], { chaincode, endorsers, ...rest }: StepOptions = {}): Proposal {
    return this.contract(chaincode).newProposal('run', {
      arguments: [JSON.stringify(steps)],
      ...(endorsers === undefined ? {} : { endorsingOrganizations: [...endorsers] }),
      ...rest,
    });
  }

  /** `endorsers` are the organisations at whose peers it may be evaluated. */
  async evaluate(steps: readonly Step[], options: StepOptions = {}): Promise<unknown[]> {
    await this.access.settled();
    return parsed(await this.proposal(steps, options).evaluate());
  }

  async endorse(steps: readonly Step[], options: StepOptions = {}): Promise<Transaction> {
    await this.access.settled();
    return this.proposal(steps, options).endorse();
  }

  /** Endorses and hands over for ordering. */
  async send(steps: readonly Step[], options: StepOptions = {}): Promise<SubmittedTransaction> {
    return (await this.endorse(steps, options)).submit();
  }

  /** Endorses and submits; the commit is awaited and its code returned. */
  async submit(steps: readonly Step[], options: StepOptions = {}): Promise<Status & { result: unknown[] }> {
    const submitted = await this.send(steps, options);
    return Object.assign(await submitted.getStatus(), { result: parsed(submitted.getResult()) });
  }

  /** As the gateway client does, but for its look at the transaction, which has to be sound. */
  async submitUnread(prepared: Uint8Array): Promise<void> {
    const transaction = messages.PreparedTransaction.deserializeBinary(prepared);
    const envelope = transaction.getEnvelope() ?? new common.Envelope();
    envelope.setSignature(await this.signer(hash.sha256(envelope.getPayload_asU8())));
    const request = new messages.SubmitRequest();
    request.setTransactionId(transaction.getTransactionId());
    request.setChannelId(this.access.channel);
    request.setPreparedTransaction(envelope);
    await new Promise<void>((resolve, reject) => {
      this.client.makeUnaryRequest(
        '/gateway.Gateway/Submit',
        (message: messages.SubmitRequest) => Buffer.from(message.serializeBinary()),
        (answer) => messages.SubmitResponse.deserializeBinary(answer),
        request,
        { deadline: Date.now() + 30_000 },
        (error) => {
          if (error === null) resolve();
          else reject(error);
        },
      );
    });
  }

  close(): void {
    this.gateway.close();
    this.client.close();
  }
}

function parsed(bytes: Uint8Array): unknown[] {
  return JSON.parse(Buffer.from(bytes).toString()) as unknown[];
}
