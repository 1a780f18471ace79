import { common, peer } from '@hyperledger/fabric-protos';
import { describe, expect, test } from '@jest/globals';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { sha256 } from '../encoding/digest.js';
import { checkTimeWindow, unpackProposal } from './proposal.js';

function signedProposal(at: Date, transient: boolean): peer.SignedProposal {
  const id = new peer.ChaincodeID();
  id.setName('basic');
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(id);
  const channel = new common.ChannelHeader();
  channel.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channel.setTimestamp(timestamps.Timestamp.fromDate(at));
  channel.setExtension$(extension.serializeBinary());
  const header = new common.Header();
  header.setChannelHeader(channel.serializeBinary());
  header.setSignatureHeader(new common.SignatureHeader().serializeBinary());
  const spec = new peer.ChaincodeSpec();
  spec.setChaincodeId(id);
  spec.setInput(new peer.ChaincodeInput());
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(invocation.serializeBinary());
  if (transient) payload.getTransientmapMap().set('secret', Buffer.from('plain'));
  const proposal = new peer.Proposal();
  proposal.setHeader(header.serializeBinary());
  proposal.setPayload(payload.serializeBinary());
  const signed = new peer.SignedProposal();
  signed.setProposalBytes(proposal.serializeBinary());
  return signed;
}

describe('a proposal', () => {
  const now = new Date();

  test('has a hash that does not depend on its transient data', () => {
    const plain = unpackProposal(signedProposal(now, false));
    expect(Buffer.from(unpackProposal(signedProposal(now, true)).hash)).toEqual(plain.hash);
    expect(plain.hash).toHaveLength(sha256('').length);
  });

  test.each([-16, 16])('whose timestamp is %p minutes off is refused', (minutes) => {
    const proposal = unpackProposal(signedProposal(new Date(now.getTime() + minutes * 60_000), false));
    expect(() => {
      checkTimeWindow(proposal.header);
    }).toThrow(/request unauthorized due to incorrect timestamp/);
  });

  test.each([-14, 0, 14])('whose timestamp is %p minutes off is taken', (minutes) => {
    checkTimeWindow(unpackProposal(signedProposal(new Date(now.getTime() + minutes * 60_000), false)).header);
  });

  test('that is cut anywhere is refused or is another proposal, and never breaks the peer', () => {
    const bytes = signedProposal(now, true).getProposalBytes_asU8();
    for (let length = 0; length < bytes.length; length++) {
      const cut = new peer.SignedProposal();
      cut.setProposalBytes(bytes.subarray(0, length));
      expect(() => unpackProposal(cut)).toThrow();
    }
  });
});
