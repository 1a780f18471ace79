import { createHash } from 'node:crypto';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { destinationFaults, type OpenedHeaders, originFaults } from './header-faults.js';

interface Opened extends OpenedHeaders {
  proposed: gateway.ProposedTransaction;
  proposal: peer.Proposal;
  payload: peer.ChaincodeProposalPayload;
}

/** What a client could send that is not a gateway client; it is signed as usual. */
const changes = {
  'too old': ({ channelHeader }) => {
    shift(channelHeader, -16 * 60);
  },
  'from the future': ({ channelHeader }) => {
    shift(channelHeader, 16 * 60);
  },
  'no timestamp': ({ channelHeader }) => {
    channelHeader.clearTimestamp();
  },
  ...destinationFaults,
  'configuration update': ({ channelHeader }) => {
    channelHeader.setType(common.HeaderType.CONFIG_UPDATE);
  },
  ...originFaults,
  'garbage creator': (opened) => {
    replaceCreator(opened, Buffer.from('ffff', 'hex'));
  },
  'creator of no organisation': (opened) => {
    replaceCreator(opened, Buffer.from('\n\u0003who\u0012\u0003pem'));
  },
  'no extension': ({ channelHeader }) => {
    channelHeader.setExtension$('');
  },
  'chaincode without a name': ({ channelHeader }) => {
    const extension = new peer.ChaincodeHeaderExtension();
    extension.setChaincodeId(new peer.ChaincodeID());
    channelHeader.setExtension$(extension.serializeBinary());
  },
  'another chaincode in the input': ({ payload }) => {
    const invocation = peer.ChaincodeInvocationSpec.deserializeBinary(payload.getInput_asU8());
    invocation.getChaincodeSpec()?.getChaincodeId()?.setName('nothing');
    payload.setInput(invocation.serializeBinary());
  },
  'no input': ({ payload }) => {
    payload.setInput('');
  },
  'garbage input': ({ payload }) => {
    payload.setInput(Buffer.from('ffff', 'hex'));
  },
  'no payload': ({ proposal }) => {
    proposal.setPayload('');
  },
} satisfies Record<string, (opened: Opened) => void>;

export const proposalFaults = Object.keys(changes) as (keyof typeof changes)[];
export type ProposalFault = (typeof proposalFaults)[number];

export function isAboutTime(fault: ProposalFault): boolean {
  return fault === 'too old' || fault === 'from the future' || fault === 'no timestamp';
}

/** `bytes` are a gateway's proposed transaction; so is what is returned, without a signature. */
export function faultyProposal(bytes: Uint8Array, fault: ProposalFault): gateway.ProposedTransaction {
  const proposed = gateway.ProposedTransaction.deserializeBinary(bytes);
  const signed = proposed.getProposal() ?? new peer.SignedProposal();
  const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const signatureHeader = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
  const payload = peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8());
  const had = payload.serializeBinary();
  changes[fault]({ proposed, proposal, channelHeader, signatureHeader, payload });
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  proposal.setHeader(header.serializeBinary());
  if (!Buffer.from(had).equals(payload.serializeBinary())) proposal.setPayload(payload.serializeBinary());
  signed.setProposalBytes(proposal.serializeBinary());
  proposed.setProposal(signed);
  return proposed;
}

function replaceCreator({ channelHeader, signatureHeader, proposed }: Opened, creator: Uint8Array): void {
  signatureHeader.setCreator(creator);
  const id = createHash('sha256').update(signatureHeader.getNonce_asU8()).update(creator).digest('hex');
  channelHeader.setTxId(id);
  proposed.setTransactionId(id);
}

function shift(header: common.ChannelHeader, seconds: number): void {
  const timestamp = header.getTimestamp();
  timestamp?.setSeconds(timestamp.getSeconds() + seconds);
}
