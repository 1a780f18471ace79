import { common } from '@hyperledger/fabric-protos';
import { decode } from '../encoding/message.js';
import type { ChannelStore } from '../state/channel-store.js';
import { openEnvelope } from '../validation/transaction.js';
import { envelopesOf } from './header.js';

/** The channel's configuration as its configuration block has it. */
export async function currentConfig(store: ChannelStore): Promise<common.Config> {
  const genesis = await store.block(0);
  const [envelope] = genesis === undefined ? [] : envelopesOf(genesis);
  if (envelope === undefined) throw new Error('no configuration block');
  const { data } = openEnvelope(decode(common.Envelope, envelope, 'Envelope'));
  return decode(common.ConfigEnvelope, data, 'ConfigEnvelope').getConfig() ?? new common.Config();
}
