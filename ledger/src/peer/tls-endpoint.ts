import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import type { EndpointConfig } from '../config/schema.js';
import { LedgerFault, messageOf } from '../errors.js';
import { hostOf, portOf } from './listen-address.js';

const MOST_BYTES = 100 * 1024 * 1024;
/** Services are defined on it; `clientCertificates` tells with what a call's connection was made. */
export type Assemble = (server: Server, clientCertificates: ClientCertificates) => void;

/** The SHA-256 of the certificate that the client showed; undefined when it showed none. */
export type ClientCertificates = (call: { getPeer(): string }) => Buffer | undefined;

/**
 * A gRPC server behind TLS that asks every client for a certificate and takes any, or none, as Fabric's nodes do without
 * client authentication. The connections are accepted here, because grpc-js can only ask for certificates that it also
 * verifies.
 */
export class TlsEndpoint {
  private readonly material: { readonly cert: Buffer; readonly key: Buffer };
  private readonly certificates = new Map<string, Buffer>();
  private readonly sockets = new Set<Socket>();
  private listener: TlsServer | undefined;
  private server: Server | undefined;

  constructor(
    private readonly config: EndpointConfig,
    private readonly assemble: Assemble,
  ) {
    const { cert, key } = config.tls;
    try {
      this.material = { cert: readFileSync(cert), key: readFileSync(key) };
      createServer(this.material);
    } catch (cause) {
      throw new LedgerFault(
        'FILE_UNREADABLE',
        `cannot use the TLS certificate ${cert} and key ${key} (${messageOf(cause)})`,
        'give the PEM files of one server certificate',
        { cause },
      );
    }
  }

  async listen(): Promise<void> {
    const server = new Server({
      'grpc.max_receive_message_length': MOST_BYTES,
      'grpc.max_send_message_length': MOST_BYTES,
      // Counters of each call that nobody reads.
      'grpc.enable_channelz': 0,
    });
    this.assemble(server, (call) => this.certificates.get(call.getPeer()));
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const listener = createServer(
      { ...this.material, ALPNProtocols: ['h2'], requestCert: true, rejectUnauthorized: false },
      (socket) => {
        this.accept(socket, injector);
      },
    );
    listener.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      listener.once('error', (cause: Error) => {
        reject(
          new LedgerFault(
            'PORT_IN_USE',
            `cannot listen on ${this.config.listen} (${cause.message})`,
            'stop what uses it, or configure another port',
            { cause },
          ),
        );
      });
      listener.listen({ host: hostOf(this.config.listen), port: portOf(this.config.listen) }, resolve);
    });
    this.listener = listener;
    this.server = server;
  }

  private accept(socket: TLSSocket, injector: ConnectionInjector): void {
    // A client that goes away is no error of this server.
    socket.on('error', () => undefined);
    const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
    // Without a certificate this is an empty object, whatever its type says.
    const certificate = socket.getPeerCertificate() as { readonly raw?: Buffer } | null;
    if (certificate?.raw !== undefined) {
      this.certificates.set(peer, createHash('sha256').update(certificate.raw).digest());
      socket.once('close', () => this.certificates.delete(peer));
    }
    injector.injectConnection(socket);
  }

  /** Breaks every connection off, as when a machine loses its power. */
  stop(): void {
    this.listener?.close();
    this.server?.forceShutdown();
    for (const socket of this.sockets) socket.destroy();
    this.listener = undefined;
    this.server = undefined;
  }
}
