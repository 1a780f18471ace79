import { status as Status } from '@grpc/grpc-js';
import { common, gateway, orderer, peer } from '@hyperledger/fabric-protos';
import { blockHeader, envelopesOf, metadataOf, TRANSACTIONS_FILTER } from '../block/header.js';
import type { Channel } from '../channel.js';
import { BlockCursor } from '../deliver/block-cursor.js';
import { decode, whyUnreadable } from '../encoding/message.js';
import { openTransaction } from '../validation/transaction.js';
import { requireSigned } from './access.js';
import { RpcError } from './rpc-error.js';

/** The events of one chaincode, block by block, from where the client left off. */
export async function* chaincodeEvents(
  channel: Channel,
  signed: gateway.SignedChaincodeEventsRequest,
  cancelled: AbortSignal,
): AsyncGenerator<gateway.ChaincodeEventsResponse> {
  const bytes = signed.getRequest_asU8();
  if (bytes.length === 0) throw new RpcError(Status.INVALID_ARGUMENT, 'a chaincode events request is required');
  const request = requestOf(bytes);
  requireSigned(channel, request.getChannelId(), {
    data: bytes,
    identity: request.getIdentity_asU8(),
    signature: signed.getSignature_asU8(),
  });
  const after = request.getAfterTransactionId();
  const cursor = new BlockCursor(channel, await startBlock(channel, request, after));
  let passed = after === '';
  for (let block = await cursor.next(cancelled); block !== undefined; block = await cursor.next(cancelled)) {
    const events: peer.ChaincodeEvent[] = [];
    for (const event of eventsOf(block)) {
      if (passed && event.getChaincodeId() === request.getChaincodeId()) events.push(event);
      if (event.getTxId() === after) passed = true;
    }
    if (events.length === 0) continue;
    const response = new gateway.ChaincodeEventsResponse();
    response.setEventsList(events);
    response.setBlockNumber(blockHeader(block).getNumber());
    yield response;
  }
}

function requestOf(bytes: Uint8Array): gateway.ChaincodeEventsRequest {
  try {
    return gateway.ChaincodeEventsRequest.deserializeBinary(bytes);
  } catch (cause) {
    throw new RpcError(Status.INVALID_ARGUMENT, `invalid chaincode events request: ${whyUnreadable(cause)}`);
  }
}

async function startBlock(channel: Channel, request: gateway.ChaincodeEventsRequest, after: string): Promise<number> {
  if (after !== '') {
    const found = await channel.store.transaction(after);
    if (found !== undefined) return found.block;
  }
  const position = request.getStartPosition();
  const { TypeCase } = orderer.SeekPosition;
  switch (position?.getTypeCase()) {
    case undefined:
    case TypeCase.TYPE_NOT_SET:
    case TypeCase.NEXT_COMMIT:
      return channel.store.height;
    case TypeCase.SPECIFIED:
      return position.getSpecified()?.getNumber() ?? 0;
    default:
      throw new RpcError(
        Status.INVALID_ARGUMENT,
        `invalid start position type: *orderer.SeekPosition_${position?.getTypeCase() === TypeCase.OLDEST ? 'Oldest' : 'Newest'}`,
      );
  }
}

function eventsOf(block: common.Block): peer.ChaincodeEvent[] {
  const codes = metadataOf(block, TRANSACTIONS_FILTER);
  return envelopesOf(block).flatMap((bytes, index) => {
    if (codes[index] !== 0) return [];
    const envelope = decode(common.Envelope, bytes, 'Envelope');
    try {
      const events = openTransaction(envelope).action.getEvents_asU8();
      const event = decode(peer.ChaincodeEvent, events, 'ChaincodeEvent');
      return [event.getChaincodeId(), event.getEventName(), event.getTxId()].includes('') ? [] : [event];
    } catch {
      // The configuration of the channel is no transaction of a chaincode.
      return [];
    }
  });
}
