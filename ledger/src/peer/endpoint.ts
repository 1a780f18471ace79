import { readFileSync } from 'node:fs';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { EndpointConfig } from '../config/schema.js';
import { LedgerFault, messageOf } from '../errors.js';

const MOST_BYTES = 100 * 1024 * 1024;

/** The TLS endpoint of a node. Services that `assemble` does not add answer UNIMPLEMENTED. */
export class Endpoint {
  private server: Server | undefined;
  private readonly credentials: ServerCredentials;

  constructor(
    private readonly config: EndpointConfig,
    private readonly assemble: (server: Server) => void,
  ) {
    const { cert, key } = config.tls;
    try {
      this.credentials = ServerCredentials.createSsl(
        null,
        [{ cert_chain: readFileSync(cert), private_key: readFileSync(key) }],
        false,
      );
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
    });
    this.assemble(server);
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(this.config.listen, this.credentials, (error) => {
        if (error === null) resolve();
        else
          reject(
            new LedgerFault(
              'PORT_IN_USE',
              `cannot listen on ${this.config.listen} (${error.message})`,
              'stop what uses it, or configure another port',
              { cause: error },
            ),
          );
      });
    });
    this.server = server;
  }

  /**
   * Breaks every connection off, as when a machine loses its power. grpc-js knows the connections that it has to break by
   * its counters (channelz), so these stay on.
   */
  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }
}
