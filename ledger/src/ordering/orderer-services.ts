import type { Server } from '@grpc/grpc-js';
import { common, orderer } from '@hyperledger/fabric-protos';
import { COMMIT_HASH, TRANSACTIONS_FILTER } from '../block/header.js';
import type { Channel } from '../channel.js';
import { Delivery } from '../deliver/deliver.js';
import { CallLimit, exchange } from '../peer/call.js';
import { tellingUnreadable } from '../peer/readable.js';
import type { Broadcast } from './broadcast.js';

type Status = common.StatusMap[keyof common.StatusMap];

/** What an orderer serves at its endpoint: envelopes in, blocks out; the rest answers UNIMPLEMENTED. */
export function ordererServices(channel: Channel, broadcast: Broadcast): (server: Server) => void {
  const blocks = new Delivery<orderer.DeliverResponse>(channel, {
    mayRead: (identity) => channel.policies.mayReadChannel(identity),
    status: statusResponse,
    block: (block) => {
      const response = new orderer.DeliverResponse();
      response.setBlock(asOrdered(block));
      return Promise.resolve(response);
    },
  });
  const calls = CallLimit.none('orderer.AtomicBroadcast');
  return (server) => {
    server.addService(tellingUnreadable(orderer.AtomicBroadcastService), {
      broadcast: exchange(
        calls,
        (envelope: common.Envelope) => answer(broadcast, envelope),
        (response) => response.getStatus() !== common.Status.SUCCESS,
      ),
      deliver: exchange(
        calls,
        (envelope: common.Envelope, cancelled) => blocks.deliver(envelope, cancelled),
        (response) => response.hasStatus() && response.getStatus() !== common.Status.SUCCESS,
      ),
    });
  };
}

async function* answer(broadcast: Broadcast, envelope: common.Envelope): AsyncGenerator<orderer.BroadcastResponse> {
  const { status, info } = await broadcast.accept(envelope);
  const response = new orderer.BroadcastResponse();
  response.setStatus(status);
  response.setInfo(info);
  yield response;
}

function statusResponse(status: Status): orderer.DeliverResponse {
  const response = new orderer.DeliverResponse();
  response.setStatus(status);
  return response;
}

/** Without what a peer adds when it commits. */
function asOrdered(block: common.Block): common.Block {
  const ordered = new common.Block();
  ordered.setHeader(block.getHeader());
  ordered.setData(block.getData());
  const list = (block.getMetadata()?.getMetadataList_asU8() ?? []).map((entry, index) =>
    index === TRANSACTIONS_FILTER || index === COMMIT_HASH ? new Uint8Array() : entry,
  );
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList(list);
  ordered.setMetadata(metadata);
  return ordered;
}
