import { common, ledger } from '@hyperledger/fabric-protos';
import { envelopesOf, metadataOf, TRANSACTIONS_FILTER } from '../block/header.js';
import { decode } from '../encoding/message.js';
import { decodeReadWrites, isDelete } from '../simulation/read-write-set.js';
import type { ChannelStore } from '../state/channel-store.js';
import { openTransaction } from '../validation/transaction.js';

type Modification = ledger.queryresult.KeyModification;

/** Every committed change of a key, newest first. */
export async function* historyOf(store: ChannelStore, namespace: string, key: string): AsyncGenerator<Modification> {
  const positions = store.history(namespace, key);
  try {
    for (let next = await positions.next(); next.done !== true; next = await positions.next()) {
      const { block: number, transaction } = next.value;
      const block = await store.block(number);
      const envelope = block === undefined ? undefined : envelopesOf(block)[transaction];
      if (block === undefined || envelope === undefined || metadataOf(block, TRANSACTIONS_FILTER)[transaction] !== 0)
        continue;
      const { header, action } = openTransaction(decode(common.Envelope, envelope, 'Envelope'));
      const write = decodeReadWrites(action.getResults_asU8())
        .find((ns) => ns.namespace === namespace)
        ?.public.getWritesList()
        .find((candidate) => candidate.getKey() === key);
      if (write === undefined) continue;
      const modification = new ledger.queryresult.KeyModification();
      modification.setTxId(header.getTxId());
      modification.setValue(write.getValue_asU8());
      modification.setTimestamp(header.getTimestamp());
      modification.setIsDelete(isDelete(write));
      yield modification;
    }
  } finally {
    await positions.return?.();
  }
}
