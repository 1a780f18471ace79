import { common, peer } from '@hyperledger/fabric-protos';
import { blockHeader, envelopesOf, metadataOf, TRANSACTIONS_FILTER } from '../block/header.js';
import { decode } from '../encoding/message.js';
import { chaincodeActionOf, openAction, openEnvelope, type OpenedPayload } from '../validation/transaction.js';

/** A block without what was written: which transactions, whether valid, and the names of their events. */
export function filteredBlock(block: common.Block, channel: string): peer.FilteredBlock {
  const codes = metadataOf(block, TRANSACTIONS_FILTER);
  const filtered = new peer.FilteredBlock();
  filtered.setNumber(blockHeader(block).getNumber());
  filtered.setChannelId(channel);
  for (const [index, bytes] of envelopesOf(block).entries()) {
    const opened = readable(bytes);
    if (opened === undefined) continue;
    const transaction = new peer.FilteredTransaction();
    transaction.setTxid(opened.header.getTxId());
    transaction.setType(opened.header.getType() as ReturnType<peer.FilteredTransaction['getType']>);
    transaction.setTxValidationCode(
      (codes[index] ?? 254) as ReturnType<peer.FilteredTransaction['getTxValidationCode']>,
    );
    if (opened.header.getType() === common.HeaderType.ENDORSER_TRANSACTION)
      transaction.setTransactionActions(actionsOf(opened));
    filtered.addFilteredTransactions(transaction);
  }
  return filtered;
}

function readable(bytes: Uint8Array): OpenedPayload | undefined {
  try {
    return openEnvelope(decode(common.Envelope, bytes, 'Envelope'));
  } catch {
    return undefined;
  }
}

function actionsOf({ data }: OpenedPayload): peer.FilteredTransactionActions {
  const actions = new peer.FilteredTransactionActions();
  try {
    const bytes = chaincodeActionOf(openAction(data).endorsed).getEvents_asU8();
    const event = decode(peer.ChaincodeEvent, bytes, 'ChaincodeEvent');
    if (event.getChaincodeId() !== '') {
      const named = new peer.ChaincodeEvent();
      named.setTxId(event.getTxId());
      named.setChaincodeId(event.getChaincodeId());
      named.setEventName(event.getEventName());
      const action = new peer.FilteredChaincodeAction();
      action.setChaincodeEvent(named);
      actions.addChaincodeActions(action);
    }
  } catch {
    // An invalid transaction can be anything; a filtered block names it and no more.
  }
  return actions;
}
