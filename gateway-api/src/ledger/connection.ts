import { Client, credentials, status } from '@grpc/grpc-js';
import { connect, hash, type Gateway, GatewayError, type Network } from '@hyperledger/fabric-gateway';
import { ProofwardError } from '@proofward/evidence';
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { PeerAddress } from '../config.js';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import { deadlines, within } from './deadlines.js';

/** One of the organisation's peers: one gRPC client, and a session an identity over it. */
class Peer {
  private readonly client: Client;
  private readonly sessions = new Map<string, { identity: LedgerIdentity; gateway: Gateway }>();

  constructor(readonly address: PeerAddress) {
    const { endpoint, hostAlias, tlsRootPath } = address;
    this.client = new Client(endpoint, credentials.createSsl(readFileSync(tlsRootPath)), {
      ...(hostAlias === undefined ? {} : { 'grpc.ssl_target_name_override': hostAlias }),
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2_000,
      // Fabric's peers close a connection that is pinged more often than once a minute.
      'grpc.keepalive_time_ms': 120_000,
      'grpc.keepalive_timeout_ms': 20_000,
    });
  }

  session(identity: LedgerIdentity): Gateway {
    const open = this.sessions.get(identity.label);
    if (open?.identity === identity) return open.gateway;
    const gateway = connect({
      client: this.client,
      identity: identity.identity,
      signer: identity.signer,
      hash: hash.none,
      evaluateOptions: within(deadlines.evaluate),
      endorseOptions: within(deadlines.endorse),
      submitOptions: within(deadlines.submit),
      commitStatusOptions: within(deadlines.commitStatus),
    });
    this.sessions.set(identity.label, { identity, gateway });
    return gateway;
  }

  close(): void {
    for (const { gateway } of this.sessions.values()) gateway.close();
    this.client.close();
  }
}

export interface Session {
  gateway: Gateway;
  network: Network;
}

/** The organisation's peers. One is used until it cannot be reached, then the next one. */
export class LedgerConnection {
  private readonly peers: Peer[];
  private current = 0;

  constructor(
    addresses: readonly PeerAddress[],
    readonly channel: string,
    private readonly log: Logger,
  ) {
    this.peers = addresses.map((address) => new Peer(address));
  }

  /** A session with the peer in use, for what must not move to another peer half-way. */
  session(identity: LedgerIdentity): Session {
    const gateway = this.peer().session(identity);
    return { gateway, network: gateway.getNetwork(this.channel) };
  }

  /**
   * Does something that is safe to do twice, with the next peer where one cannot be reached.
   *
   * @throws ProofwardError LEDGER_UNAVAILABLE
   */
  async withFailover<T>(identity: LedgerIdentity, operation: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const used = this.current;
      try {
        return await operation(this.session(identity));
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        this.moveFrom(used);
        if (attempt < this.peers.length) continue;
        throw new ProofwardError('LEDGER_UNAVAILABLE', "the organisation's peer cannot be reached", { cause: error });
      }
    }
  }

  /** Stops using a peer that failed, unless another caller has moved on already. */
  moveFrom(used: number): void {
    if (used !== this.current || this.peers.length < 2) return;
    this.current = (this.current + 1) % this.peers.length;
    this.log.warn({ peer: this.peer().address.endpoint }, 'the peer cannot be reached; another one is used');
  }

  get inUse(): number {
    return this.current;
  }

  close(): void {
    for (const peer of this.peers) peer.close();
  }

  private peer(): Peer {
    const peer = this.peers[this.current];
    if (peer === undefined) throw new Error('no peer');
    return peer;
  }
}

const unavailable: number = status.UNAVAILABLE;

/** Whether the own peer did not answer, as opposed to an answer about somebody else. */
export function isUnreachable(error: unknown): boolean {
  return (
    error instanceof GatewayError &&
    error.code === unavailable &&
    error.details.length === 0 &&
    !isAboutEndorsers(error)
  );
}

function isAboutEndorsers(error: GatewayError): boolean {
  return /endorsing|no peers available|orderer/i.test(error.message);
}
