import type { Server } from '@grpc/grpc-js';
import { common, discovery, gateway, peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import { Delivery } from '../deliver/deliver.js';
import { filteredBlock } from '../deliver/filtered-block.js';
import { privateBlock } from '../deliver/private-block.js';
import type { Discovery } from '../discovery/discovery.js';
import type { Endorser } from '../endorser/endorser.js';
import { chaincodeEvents } from '../gateway/chaincode-events.js';
import type { Gateway } from '../gateway/gateway.js';
import type { Identity } from '../identity/identity.js';
import type { PrivateStore } from '../private/private-store.js';
import { CallLimit, exchange, serverStream, unary } from './call.js';
import { tellingUnreadable } from './readable.js';

export interface PeerServices {
  readonly channel: Channel;
  readonly gateway: Gateway;
  readonly discovery: Discovery;
  readonly endorser: Endorser;
  readonly privateStore: PrivateStore;
}

/** What one organisation's peer serves at its endpoint; the rest answers UNIMPLEMENTED. */
export function peerServices(services: PeerServices): (server: Server) => void {
  const { channel, gateway: planner, endorser, privateStore } = services;
  return (server) => {
    const gatewayCalls = new CallLimit('gateway.Gateway', 500);
    const deliverCalls = new CallLimit('protos.Deliver', 2500);
    const endorserCalls = new CallLimit('protos.Endorser', 2500);
    server.addService(tellingUnreadable(gateway.GatewayService), {
      endorse: unary(gatewayCalls, (request: gateway.EndorseRequest) => planner.endorse(request)),
      submit: unary(gatewayCalls, (request: gateway.SubmitRequest) => planner.submit(request)),
      commitStatus: unary(gatewayCalls, (request: gateway.SignedCommitStatusRequest, cancelled) =>
        planner.commitStatus(request, cancelled),
      ),
      evaluate: unary(gatewayCalls, (request: gateway.EvaluateRequest) => planner.evaluate(request)),
      chaincodeEvents: serverStream(gatewayCalls, (request: gateway.SignedChaincodeEventsRequest, cancelled) =>
        chaincodeEvents(channel, request, cancelled),
      ),
    });
    server.addService(tellingUnreadable(discovery.DiscoveryService), {
      discover: unary(CallLimit.none('discovery.Discovery'), (request: discovery.SignedRequest) =>
        services.discovery.discover(request),
      ),
    });
    server.addService(tellingUnreadable(peer.EndorserService), {
      processProposal: unary(endorserCalls, (request: peer.SignedProposal) => endorser.process(request)),
    });
    const kind = { mayRead: (identity: Identity) => channel.policies.mayReadApplication(identity), status };
    const blocks = new Delivery(channel, { ...kind, block: (block) => Promise.resolve(blockResponse(block)) });
    const filtered = new Delivery(channel, {
      ...kind,
      block: (block) => Promise.resolve(filteredResponse(filteredBlock(block, channel.name))),
    });
    const withPrivate = new Delivery(channel, {
      ...kind,
      block: async (block, reader) => privateResponse(await privateBlock(block, channel, privateStore, reader)),
    });
    server.addService(tellingUnreadable(peer.DeliverService), {
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
  };
}

/** After a status that is not success a peer ends the stream. */
function isRefusal(response: peer.DeliverResponse): boolean {
  return response.hasStatus() && response.getStatus() !== common.Status.SUCCESS;
}

function status(code: common.StatusMap[keyof common.StatusMap]): peer.DeliverResponse {
  const response = new peer.DeliverResponse();
  response.setStatus(code);
  return response;
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
