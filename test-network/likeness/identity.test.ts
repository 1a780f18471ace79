import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status as Status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Authority, signingProfile } from '@proofward/network';
import { numberOf, take } from '../plain/block.js';
import { failureOf } from '../plain/failure.js';
import { Member } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { OrdererClient } from '../plain/orderer-client.js';
import { call, envelope, signedProposal } from '../plain/requests.js';
import { revoke } from '../plain/revocation.js';
import { eventually } from '../plain/waiting.js';
import { likenessNetwork } from './network.js';
import { inRelease } from './release.js';

const mspId = 'Org1MSP';
const denied = `error validating proposal: access denied: channel [mychannel] creator org [${mspId}]`;
/** What no authority of the organisation has issued cannot even be read. */
const malformed =
  'error validating proposal: access denied: channel [mychannel] creator org unknown, creator is malformed';

describe('who may do what', () => {
  let network: PlainNetwork;
  let org1: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member(mspId);
  });

  afterAll(() => {
    network.disconnect();
  });

  const refusal = async (member: Member): Promise<string> =>
    (await failureOf(member.endorse([['put', 'a', '1']]))).details[0]?.message ?? '';
  const issued = async (unit: string | readonly string[], notAfter?: Date): Promise<Member> =>
    network.stranger(mspId, await network.issue(mspId, unit, notAfter));

  test('a certificate of another authority is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forger-'));
    try {
      const forger = await Authority.open(join(folder, 'ca'), `${mspId} CA`, mspId);
      const forged = await forger.issue({
        subject: { commonName: 'User1', organization: mspId, unit: 'client' },
        extensions: signingProfile(),
      });
      expect(await refusal(network.stranger(mspId, forged))).toBe(malformed);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('an organisation that is not of the channel is refused', async () => {
    expect(await refusal(network.stranger(mspId, await network.issue(mspId, 'client'), 'NoMSP'))).toBe(malformed);
  });

  test('a certificate of another organisation of the channel is refused under the wrong name', async () => {
    expect(await refusal(network.stranger(mspId, await network.issue('Org2MSP', 'client'), mspId))).toBe(malformed);
  });

  test('a certificate without a role, or with two, is refused', async () => {
    expect(await refusal(await issued([]))).toBe(denied);
    expect(await refusal(await issued('auditor'))).toBe(denied);
    expect(await refusal(await issued(['client', 'peer']))).toBe(denied);
  });

  test('a peer may read but not propose', async () => {
    const member = await issued('peer');
    expect(await refusal(member)).toBe(
      "Failed evaluating policy on signed data during check policy on channel [mychannel] with policy [/Channel/Application/Writers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied]",
    );
    const [first] = await take(await member.network.getBlockEvents({ startBlock: 0n }), 1);
    expect(numberOf(first)).toBe(0);
  });

  test('an orderer’s client may not propose, nor read', async () => {
    const member = await issued('orderer');
    expect(await refusal(member)).toMatch(/policy \[\/Channel\/Application\/Writers\]/);
    await expect(take(await member.network.getBlockEvents({ startBlock: 0n }), 1)).rejects.toThrow();
  });

  describe('is judged by what Go’s libraries read', () => {
    const status = async (member: Member, proposal: peer.SignedProposal): Promise<unknown> => {
      const result = await call(member, '/protos.Endorser/ProcessProposal', proposal, peer.ProposalResponse);
      return 'error' in result ? result.error.details : result.answer.getResponse()?.getStatus();
    };
    const signedAs = async (change: (signature: Buffer) => Buffer): Promise<unknown> => {
      const proposal = await signedProposal(org1, 'steps', ['run', '[]']);
      proposal.setSignature(change(Buffer.from(proposal.getSignature_asU8())));
      return status(org1, proposal);
    };
    const presented = async (change: (pem: string) => string | Buffer): Promise<unknown> => {
      const { certificate, key } = await network.issue(mspId, 'client');
      const access = { ...network.access(mspId), settled: () => network.settled() };
      const member = Member.as(access, Buffer.from(change(certificate)), key);
      try {
        return await status(member, await signedProposal(member, 'steps', ['run', '[]']));
      } finally {
        member.close();
      }
    };

    test('a signature: what follows it does not matter, but its form does', async () => {
      expect(await signedAs((signature) => Buffer.concat([signature, Buffer.from([0, 1])]))).toBe(200);
      const longLength = (der: Buffer): Buffer =>
        Buffer.concat([Buffer.from([0x30, 0x81, der[1] ?? 0]), der.subarray(2)]);
      expect(await signedAs(longLength)).toBe(denied);
      expect(await signedAs((signature) => signature.subarray(0, -1))).toBe(denied);
    });

    test('a certificate: the first PEM block, of whatever type, with headers or text around it', async () => {
      for (const change of [
        (pem: string) => pem.replaceAll('CERTIFICATE', 'ANYTHING'),
        (pem: string) => pem.replace('-----\n', '-----\nProc-Type: 4\n\n'),
        (pem: string) => pem.replaceAll('\n', '\r\n'),
        (pem: string) => `before\n${pem}behind`,
      ])
        expect(await presented(change)).toBe(200);
      expect(await presented((pem) => pem.replace('END CERTIFICATE', 'END ANYTHING'))).toBe(malformed);
      expect(await presented((pem) => Buffer.from(pem.replaceAll(/-----.*-----/g, ''), 'base64'))).toBe(malformed);
    });
  });

  test('an administrator may propose', async () => {
    const { code } = await network.member(mspId, 'admin').submit([['put', 'by-admin', '1']], { endorsers: [mspId] });
    expect(code).toBe(StatusCode.VALID);
  });

  test('an expired certificate is refused by the endorser and by the orderer', async () => {
    const expired = await issued('client', new Date(Date.now() - 1000));
    const proposal = await signedProposal(expired, 'steps', ['run', '[]']);
    expect(await call(expired, '/protos.Endorser/ProcessProposal', proposal, peer.ProposalResponse)).toMatchObject({
      error: { code: Status.UNKNOWN, details: 'proposal client identity expired' },
    });
    // In Fabric 2.5 a gateway asks the endorser of its own process without the filter that looks at this.
    const refused = await failureOf(expired.send([['put', 'expired', '1']], { endorsers: [mspId] }));
    expect(refused).toMatchObject(
      inRelease<object>({
        v3: { code: Status.ABORTED, details: [{ message: 'proposal client identity expired' }] },
        v2: { code: Status.ABORTED, message: expect.stringContaining('broadcast client identity expired') },
      }),
    );
    const orderer = new OrdererClient(network.orderer);
    try {
      const sent = await envelope(expired, common.HeaderType.ENDORSER_TRANSACTION, new Uint8Array());
      expect(await orderer.broadcast(sent)).toEqual([
        { status: common.Status.BAD_REQUEST, info: 'broadcast client identity expired' },
      ]);
    } finally {
      orderer.close();
    }
  });

  test('a signature over something else is refused, at endorsement, ordering and status', async () => {
    const { key } = await network.issue(mspId, 'client');
    const impostor = network.stranger(mspId, { certificate: Buffer.from(org1.certificate).toString(), key });
    expect(await refusal(impostor)).toBe(denied);
    const endorsed = await org1.endorse([['put', 'signed', '1']]);
    expect(await failureOf(impostor.gateway.newTransaction(endorsed.getBytes()).submit())).toMatchObject({
      code: Status.ABORTED,
      message: expect.stringContaining(
        "received unsuccessful response from orderer: status=FORBIDDEN, info=implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied",
      ),
    });
    const submitted = await endorsed.submit();
    expect((await failureOf(impostor.gateway.newCommit(submitted.getBytes()).getStatus())).code).toBe(
      Status.PERMISSION_DENIED,
    );
    expect((await submitted.getStatus()).code).toBe(StatusCode.VALID);
  });

  test('an altered proposal is refused', async () => {
    const proposal = org1.proposal([['put', 'altered', '1']], { endorsers: [mspId] });
    const digest = await org1.signer(proposal.getDigest());
    const proposed = gateway.ProposedTransaction.deserializeBinary(proposal.getBytes());
    const signed = proposed.getProposal() ?? new peer.SignedProposal();
    const bytes = Buffer.from(signed.getProposalBytes_asU8());
    const at = bytes.indexOf('altered');
    bytes.write('ALTERED', at);
    signed.setProposalBytes(bytes);
    proposed.setProposal(signed);
    const altered = org1.gateway.newSignedProposal(proposed.serializeBinary(), digest);
    expect((await failureOf(altered.endorse())).details[0]?.message).toBe(denied);
  });

  test('a revoked certificate is refused from the list’s coming on, and what it sent before is not ordered', async () => {
    const leaver = await network.issue(mspId, 'client');
    const member = network.stranger(mspId, leaver);
    expect((await member.submit([['put', 'before', '1']], { endorsers: [mspId] })).code).toBe(StatusCode.VALID);
    const endorsed = await member.endorse([['put', 'between', '1']], { endorsers: [mspId] });
    await revoke(network, mspId, [leaver.certificate]);
    await eventually(async () => {
      expect(await refusal(member)).toBe(denied);
    });
    expect((await failureOf(endorsed.submit())).message).toMatch(/status=FORBIDDEN/);
    expect((await org1.submit([['put', 'others', '1']], { endorsers: [mspId] })).code).toBe(StatusCode.VALID);
  });
});
