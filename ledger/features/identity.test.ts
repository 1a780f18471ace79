import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status as Status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { gateway, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Authority, type Issued, keyPem } from './consortium/certificates.js';
import { Consortium } from './consortium/consortium.js';
import { failureOf } from './consortium/failure.js';
import { Member } from './consortium/member.js';
import { eventually } from './consortium/waiting.js';

describe('who may do what', () => {
  let consortium: Consortium;
  const strangers: Member[] = [];

  beforeAll(async () => {
    consortium = await Consortium.start();
  }, 30_000);

  afterAll(async () => {
    for (const stranger of strangers) stranger.close();
    await (consortium as Consortium | undefined)?.stop();
  });

  const memberWith = async (issued: Issued, mspId = 'Org1MSP'): Promise<Member> => {
    const organization = consortium.organization('Org1MSP');
    const tlsRoot = readFileSync(join(organization.folder, 'msp', 'tlscacerts', 'ca.pem'));
    const address = consortium.address('Org1MSP');
    const member = Member.as(
      mspId,
      address,
      tlsRoot,
      Buffer.from(issued.certificate.toString('pem')),
      Buffer.from(await keyPem(issued.keys)),
    );
    strangers.push(member);
    return member;
  };

  const refusal = async (member: Member): Promise<string> =>
    (await failureOf(member.endorse([['put', 'a', '1']]))).details[0]?.message ?? '';

  test('a certificate of another authority is refused', async () => {
    const forger = await Authority.create('org1msp');
    expect(await refusal(await memberWith(await forger.issue('User1', { unit: 'client' })))).toBe(
      'error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]',
    );
  });

  test('an organisation that is not of the channel is refused', async () => {
    const issued = await consortium.organization('Org1MSP').issue('x', { unit: 'client' });
    expect(await refusal(await memberWith(issued, 'NoMSP'))).toBe(
      'error validating proposal: access denied: channel [mychannel] creator org unknown, creator is malformed',
    );
  });

  test('a certificate without a role, or with two, is refused', async () => {
    const organization = consortium.organization('Org1MSP');
    expect(await refusal(await memberWith(await organization.issue('none', {})))).toMatch(/access denied/);
    expect(await refusal(await memberWith(await organization.issue('both', { unit: 'client, OU=peer' })))).toMatch(
      /access denied/,
    );
  });

  test('a peer may read but not propose', async () => {
    const issued = await consortium.organization('Org1MSP').issue('peer9', { unit: 'peer' });
    const member = await memberWith(issued);
    expect(await refusal(member)).toBe(
      "Failed evaluating policy on signed data during check policy on channel [mychannel] with policy [/Channel/Application/Writers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied]",
    );
    const events = await member.network.getBlockEvents({ startBlock: 0n });
    for await (const block of events) {
      expect(block.getHeader()?.getNumber()).toBe(0);
      break;
    }
    events.close();
  });

  test('an orderer’s client may not propose on the channel', async () => {
    const issued = await consortium.organization('Org1MSP').issue('o', { unit: 'orderer' });
    expect(await refusal(await memberWith(issued))).toMatch(/Writers/);
  });

  test('an expired certificate is refused by the endorser', async () => {
    const issued = await consortium
      .organization('Org1MSP')
      .issue('old', { unit: 'client', notAfter: new Date(Date.now() - 1000) });
    expect(await refusal(await memberWith(issued))).toMatch(/proposal client identity expired/);
  });

  test('a signature over something else is refused, at endorsement, ordering and status', async () => {
    const member = consortium.member('Org1MSP');
    const other = await consortium.organization('Org1MSP').issue('thief', { unit: 'client' });
    const organization = consortium.organization('Org1MSP');
    const impostor = Member.as(
      'Org1MSP',
      consortium.address('Org1MSP'),
      readFileSync(join(organization.folder, 'msp', 'tlscacerts', 'ca.pem')),
      member.certificate,
      Buffer.from(await keyPem(other.keys)),
    );
    strangers.push(impostor);
    expect(await refusal(impostor)).toBe(
      'error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]',
    );
    const endorsed = await member.endorse([['put', 'signed', '1']]);
    const { code, message } = await failureOf(impostor.gateway.newTransaction(endorsed.getBytes()).submit());
    expect(code).toBe(Status.ABORTED);
    expect(message).toMatch(/received unsuccessful response from orderer: status=FORBIDDEN/);
    const submitted = await endorsed.submit();
    expect((await failureOf(impostor.gateway.newCommit(submitted.getBytes()).getStatus())).code).toBe(
      Status.PERMISSION_DENIED,
    );
    expect((await submitted.getStatus()).code).toBe(StatusCode.VALID);
  });

  test('an altered proposal is refused', async () => {
    const proposal = consortium
      .member('Org1MSP')
      .contract()
      .newProposal('run', { arguments: ['[]'] });
    const proposed = gateway.ProposedTransaction.deserializeBinary(proposal.getBytes());
    const signed = proposed.getProposal() ?? new peer.SignedProposal();
    const digest = await consortium.member('Org1MSP').signer(proposal.getDigest());
    const bytes = Buffer.from(signed.getProposalBytes_asU8());
    bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1);
    signed.setProposalBytes(bytes);
    proposed.setProposal(signed);
    const altered = consortium.member('Org1MSP').gateway.newSignedProposal(proposed.serializeBinary(), digest);
    await expect(altered.endorse()).rejects.toThrow();
  });

  test('a revoked certificate is refused from the list’s coming on, and its endorsements do not count', async () => {
    const organization = consortium.organization('Org1MSP');
    const issued = await organization.issue('leaver', { unit: 'client' });
    const member = await memberWith(issued);
    expect((await member.submit([['put', 'before', '1']])).code).toBe(StatusCode.VALID);
    const endorsed = await member.endorse([['put', 'between', '1']]);
    const folder = join(organization.folder, 'msp', 'crls');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'crl.pem'), await organization.authority.revoke([issued.certificate]));
    await eventually(async () => {
      expect(await refusal(member)).toBe(
        'error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]',
      );
    });
    expect((await failureOf(endorsed.submit())).message).toMatch(/status=FORBIDDEN/);
    expect((await consortium.member('Org1MSP').submit([['put', 'others', '1']])).code).toBe(StatusCode.VALID);
  });
});
