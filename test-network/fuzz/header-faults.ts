import type { common } from '@hyperledger/fabric-protos';

/** The headers of a proposal or a transaction. */
export interface OpenedHeaders {
  channelHeader: common.ChannelHeader;
  signatureHeader: common.SignatureHeader;
}

type Changes = Record<string, (opened: OpenedHeaders) => void>;

/** What can be wrong with where they say it belongs. */
export const destinationFaults = {
  'another channel': ({ channelHeader }) => {
    channelHeader.setChannelId('elsewhere');
  },
  'no channel': ({ channelHeader }) => {
    channelHeader.setChannelId('');
  },
  'unknown type': ({ channelHeader }) => {
    channelHeader.setType(99);
  },
} satisfies Changes;

/** What can be wrong with what they say of its author and moment. */
export const originFaults = {
  'another epoch': ({ channelHeader }) => {
    channelHeader.setEpoch(1);
  },
  'another transaction id': ({ channelHeader }) => {
    channelHeader.setTxId('0123');
  },
  'no nonce': ({ signatureHeader }) => {
    signatureHeader.setNonce('');
  },
  'no creator': ({ signatureHeader }) => {
    signatureHeader.setCreator('');
  },
} satisfies Changes;
