import { readFileSync } from 'node:fs';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import { Delivery } from '../deliver/deliver.js';
import { filteredBlock } from '../deliver/filtered-block.js';
import { privateBlock } from '../deliver/private-block.js';
import type { Endorser } from '../endorser/endorser.js';
import { LedgerFault, messageOf } from '../errors.js';
import { chaincodeEvents } from '../gateway/chaincode-events.js';
import type { Gateway } from '../gateway/gateway.js';
import type { PrivateStore } from '../private/private-store.js';
import { CallLimit, exchange, serverStream, unary } from './call.js';

const MOST_BYTES = 100 * 1024 * 1024;

export interface PeerServices {
  readonly channel: Channel;
  readonly gateway: Gateway;
  readonly endorser: Endorser;
  readonly privateStore: PrivateStore;
}

/** The TLS endpoint of one organisation's peer. What is not served here answers UNIMPLEMENTED. */
export class PeerServer {
  private server: Server | undefined;
  private readonly credentials: ServerCredentials;

  constructor(
    private readonly address: string,
    tls: { readonly cert: string; readonly key: string },
    private readonly services: PeerServices,
  ) {
    try {
      this.credentials = ServerCredentials.createSsl(
        null,
        [{ cert_chain: readFileSync(tls.cert), private_key: readFileSync(tls.key) }],
        false,
      );
    } catch (cause) {
      throw new LedgerFault(
        'FILE_UNREADABLE',
        `cannot use the TLS certificate ${tls.cert} and key ${tls.key} (${messageOf(cause)})`,
        'give the PEM files of one server certificate',
        { cause },
      );
    }
  }

  async listen(): Promise<void> {
    const server = this.assemble();
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(this.address, this.credentials, (error) => {
        if (error === null) resolve();
        else
          reject(
            new LedgerFault(
              'PORT_IN_USE',
              `cannot listen on ${this.address} (${error.message})`,
              'stop what uses it, or configure another port',
              { cause: error },
            ),
          );
      });
    });
    this.server = server;
  }

  /** Breaks every connection off, as when a machine loses its power. */
  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }

  private assemble(): Server {
    const { channel, endorser, privateStore } = this.services;
    const server = new Server({
      'grpc.max_receive_message_length': MOST_BYTES,
      'grpc.max_send_message_length': MOST_BYTES,
      // Counters of each call that nobody reads.
      'grpc.enable_channelz': 0,
    });
    const gatewayCalls = new CallLimit('gateway.Gateway', 500);
    const deliverCalls = new CallLimit('protos.Deliver', 2500);
    const endorserCalls = new CallLimit('protos.Endorser', 2500);
    server.addService(gateway.GatewayService, {
      endorse: unary(gatewayCalls, (request: gateway.EndorseRequest) => this.services.gateway.endorse(request)),
      submit: unary(gatewayCalls, (request: gateway.SubmitRequest) => this.services.gateway.submit(request)),
      commitStatus: unary(gatewayCalls, (request: gateway.SignedCommitStatusRequest, cancelled) =>
        this.services.gateway.commitStatus(request, cancelled),
      ),
      evaluate: unary(gatewayCalls, (request: gateway.EvaluateRequest) => this.services.gateway.evaluate(request)),
      chaincodeEvents: serverStream(gatewayCalls, (request: gateway.SignedChaincodeEventsRequest, cancelled) =>
        chaincodeEvents(channel, request, cancelled),
      ),
    });
    server.addService(peer.EndorserService, {
      processProposal: unary(endorserCalls, (request: peer.SignedProposal) => endorser.process(request)),
    });
    const blocks = new Delivery(channel, (block) => Promise.resolve(blockResponse(block)));
    const filtered = new Delivery(channel, (block) =>
      Promise.resolve(filteredResponse(filteredBlock(block, channel.name))),
    );
    const withPrivate = new Delivery(channel, async (block, reader) =>
      privateResponse(await privateBlock(block, channel, privateStore, reader)),
    );
    server.addService(peer.DeliverService, {
      deliver: exchange(
        deliverCalls,
        (envelope: common.Envelope, cancelled) => blocks.deliver(envelope, cancelled),
        isRefusal,
      ),
      deliverFiltered: exchange(
        deliverCalls,
        (envelope: common.Envelope, cancelled) => filtered.deliver(envelope, cancelled),
        isRefusal,
      ),
      deliverWithPrivateData: exchange(
        deliverCalls,
        (envelope: common.Envelope, cancelled) => withPrivate.deliver(envelope, cancelled),
        isRefusal,
      ),
    });
    return server;
  }
}

/** After a status that is not success a peer ends the stream. */
function isRefusal(response: peer.DeliverResponse): boolean {
  return response.hasStatus() && response.getStatus() !== common.Status.SUCCESS;
}

function blockResponse(block: common.Block): peer.DeliverResponse {
  const response = new peer.DeliverResponse();
  response.setBlock(block);
  return response;
}

function filteredResponse(block: peer.FilteredBlock): peer.DeliverResponse {
  const response = new peer.DeliverResponse();
  response.setFilteredBlock(block);
  return response;
}

function privateResponse(block: peer.BlockAndPrivateData): peer.DeliverResponse {
  const response = new peer.DeliverResponse();
  response.setBlockAndPrivateData(block);
  return response;
}
