import { hash } from '@hyperledger/fabric-gateway';
import { discovery, gossip, msp } from '@hyperledger/fabric-protos';
import type { Member } from './member.js';

/** The address of each organisation's peer, as the member's own peer tells clients. */
export async function discovered(member: Member): Promise<Record<string, string>> {
  const creator = new msp.SerializedIdentity();
  creator.setMspid(member.mspId);
  creator.setIdBytes(member.certificate);
  const authentication = new discovery.AuthInfo();
  authentication.setClientIdentity(creator.serializeBinary());
  const query = new discovery.Query();
  query.setChannel(member.network.getName());
  query.setPeerQuery(new discovery.PeerMembershipQuery());
  const request = new discovery.Request();
  request.setAuthentication(authentication);
  request.addQueries(query);
  const signed = new discovery.SignedRequest();
  signed.setPayload(request.serializeBinary());
  signed.setSignature(await member.signer(hash.sha256(signed.getPayload_asU8())));
  const response = await new Promise<discovery.Response>((resolve, reject) => {
    member.client.makeUnaryRequest(
      '/discovery.Discovery/Discover',
      (message: discovery.SignedRequest) => Buffer.from(message.serializeBinary()),
      (bytes: Buffer) => discovery.Response.deserializeBinary(bytes),
      signed,
      { deadline: Date.now() + 15_000 },
      (error, answer) => {
        if (answer === undefined) reject(error ?? new Error('no response'));
        else resolve(answer);
      },
    );
  });
  const found: Record<string, string> = {};
  for (const result of response.getResultsList())
    result
      .getMembers()
      ?.getPeersByOrgMap()
      .forEach((peers, mspId) => {
        for (const peer of peers.getPeersList()) {
          const said = gossip.GossipMessage.deserializeBinary(
            peer.getMembershipInfo()?.getPayload_asU8() ?? new Uint8Array(),
          );
          found[mspId] = said.getAliveMsg()?.getMembership()?.getEndpoint() ?? '';
        }
      });
  return found;
}
