import { common, ledger, peer } from '@hyperledger/fabric-protos';
import type { LedgerClient } from './ledger-client.js';

/** A private write as everybody on the channel sees it. */
export interface HashedWrite {
  namespace: string;
  collection: string;
  keyHash: string;
  valueHash: string;
}

/** All blocks of the channel that the client's peer has, raw. */
export async function allBlocks(client: LedgerClient): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  const height = await client.height();
  for (let number = 0; number < height; number++) blocks.push(await client.block(number));
  return blocks;
}

/** The hashed private writes of a raw block. */
export function hashedWrites(raw: Uint8Array): HashedWrite[] {
  const envelopes = common.Block.deserializeBinary(raw).getData()?.getDataList_asU8() ?? [];
  return envelopes.flatMap((envelope) => actionsOf(envelope).flatMap(writesOf));
}

function actionsOf(envelopeBytes: Uint8Array): Uint8Array[] {
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(envelopeBytes).getPayload_asU8());
  const header = common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
  );
  if (header.getType() !== common.HeaderType.ENDORSER_TRANSACTION) return [];
  return peer.Transaction.deserializeBinary(payload.getData_asU8())
    .getActionsList()
    .map((action) => {
      const endorsed = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8()).getAction();
      const response = peer.ProposalResponsePayload.deserializeBinary(
        endorsed?.getProposalResponsePayload_asU8() ?? new Uint8Array(),
      );
      return peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8()).getResults_asU8();
    });
}

function writesOf(results: Uint8Array): HashedWrite[] {
  return ledger.rwset.TxReadWriteSet.deserializeBinary(results)
    .getNsRwsetList()
    .flatMap((namespace) =>
      namespace.getCollectionHashedRwsetList().flatMap((collection) =>
        ledger.rwset.kvrwset.HashedRWSet.deserializeBinary(collection.getHashedRwset_asU8())
          .getHashedWritesList()
          .map((write) => ({
            namespace: namespace.getNamespace(),
            collection: collection.getCollectionName(),
            keyHash: Buffer.from(write.getKeyHash_asU8()).toString('hex'),
            valueHash: Buffer.from(write.getValueHash_asU8()).toString('hex'),
          })),
      ),
    );
}
