import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { common, orderer } from '@hyperledger/fabric-protos';
import type { Message } from './requests.js';

/** One answer to a request for blocks: a status by its name, or a block. */
export type Delivered =
  | { readonly status: string; readonly block?: never; readonly number?: never }
  | { readonly block: common.Block; readonly number: number; readonly status?: never };

/** A program that talks to the orderer itself, as Fabric's command line and its older SDKs do. */
export class OrdererClient {
  private readonly client: Client;

  constructor({ address, tlsRoot }: { address: string; tlsRoot: string }) {
    this.client = new Client(address, credentials.createSsl(readFileSync(tlsRoot)));
  }

  /** The answers to envelopes that are sent together; fewer than those where the orderer ended the stream. */
  async broadcast(...envelopes: Message[]): Promise<orderer.BroadcastResponse.AsObject[]> {
    const responses = await this.exchange('Broadcast', envelopes, (bytes) =>
      orderer.BroadcastResponse.deserializeBinary(bytes),
    );
    return responses.map((response) => response.toObject());
  }

  async deliver(...envelopes: common.Envelope[]): Promise<Delivered[]> {
    const responses = await this.exchange('Deliver', envelopes, (bytes) =>
      orderer.DeliverResponse.deserializeBinary(bytes),
    );
    const statuses = Object.entries(common.Status);
    return responses.map((response) => {
      const block = response.getBlock();
      return block === undefined
        ? { status: statuses.find(([, code]) => code === response.getStatus())?.[0] ?? '' }
        : { block, number: block.getHeader()?.getNumber() ?? 0 };
    });
  }

  private exchange<Response>(
    method: 'Broadcast' | 'Deliver',
    requests: readonly Message[],
    read: (bytes: Buffer) => Response,
  ): Promise<Response[]> {
    const stream = this.client.makeBidiStreamRequest(
      `/orderer.AtomicBroadcast/${method}`,
      (message: Message) => Buffer.from(message.serializeBinary()),
      read,
      { deadline: Date.now() + 20_000 },
    );
    return new Promise((resolve, reject) => {
      const received: Response[] = [];
      stream.on('data', (response: Response) => received.push(response));
      stream.once('error', reject);
      stream.once('end', () => {
        resolve(received);
      });
      for (const request of requests) stream.write(request);
      stream.end();
    });
  }

  close(): void {
    this.client.close();
  }
}
