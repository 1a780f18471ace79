import 'reflect-metadata';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { common, msp } from '@hyperledger/fabric-protos';
import { type Receipt, receiptBytes, type SignedReceipt } from '@proofward/evidence';
import * as x509 from '@peculiar/x509';
import { createPrivateKey, type KeyObject, sign, webcrypto } from 'node:crypto';
import { ReceiptSigners } from './signers.js';

x509.cryptoProvider.set(webcrypto);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 86_400_000;
const now = Date.now();

interface Party {
  certificate: x509.X509Certificate;
  keys: webcrypto.CryptoKeyPair;
}

let serial = 1;
async function issue(
  name: string,
  by: Party | undefined,
  isAuthority: boolean,
  from: number,
  to: number,
): Promise<Party> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (++serial).toString(16).padStart(2, '0'),
    subject: `CN=${name}, O=cleveland`,
    issuer: by?.certificate.subject ?? `CN=${name}, O=cleveland`,
    notBefore: new Date(from),
    notAfter: new Date(to),
    publicKey: keys.publicKey,
    signingKey: (by?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(isAuthority, undefined, true)],
  });
  return { certificate, keys };
}

/** A revocation list, in PEM, of an authority, or of a name with another key. */
async function listOf(by: Party, revoked: [Party, from: number][], more: { nextUpdate?: Date } = {}, named = by) {
  const list = await x509.X509CrlGenerator.create({
    issuer: named.certificate.subject,
    thisUpdate: new Date(now),
    ...more,
    signingKey: by.keys.privateKey,
    signingAlgorithm: algorithm,
    entries: revoked.map(
      ([
        {
          certificate: { serialNumber },
        },
        from,
      ]) => ({
        serialNumber,
        revocationDate: new Date(from),
      }),
    ),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(by.certificate.publicKey)],
  });
  return Buffer.from(x509.PemConverter.encode(list.rawData, 'X509 CRL'));
}

function configOf(mspId: string, roots: Party[], intermediates: Party[], lists: Uint8Array[] = []): Uint8Array {
  const pem = ({ certificate }: Party) => Buffer.from(certificate.toString('pem'));
  const held = new msp.FabricMSPConfig();
  held.setName(mspId);
  held.setRootCertsList(roots.map(pem));
  held.setIntermediateCertsList(intermediates.map(pem));
  held.setRevocationListList(lists);
  const config = new msp.MSPConfig();
  config.setConfig(held.serializeBinary());
  const value = new common.ConfigValue();
  value.setValue(config.serializeBinary());
  const organization = new common.ConfigGroup();
  organization.getValuesMap().set('MSP', value);
  const application = new common.ConfigGroup();
  application.getGroupsMap().set('Cleveland', organization);
  const channel = new common.ConfigGroup();
  channel.getGroupsMap().set('Application', application);
  const whole = new common.Config();
  whole.setChannelGroup(channel);
  return whole.serializeBinary();
}

const keyOf = async ({ keys }: Party): Promise<KeyObject> =>
  createPrivateKey({
    key: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    format: 'der',
    type: 'pkcs8',
  });

async function signedBy(party: Party, at: number, channel = 'proofward'): Promise<SignedReceipt> {
  const digest = '0'.repeat(64);
  const receipt: Receipt = {
    ...{ schema: 1, id: '0'.repeat(32), site: 'cleveland', endpoint: 'triage', sequence: 1 },
    ...{ at: new Date(at).toISOString(), model: digest, input: digest, output: digest },
  };
  const signature = sign('sha256', receiptBytes(channel, receipt), await keyOf(party)).toString('base64');
  return { receipt, signature, certificate: party.certificate.toString('pem') };
}

describe('signers of receipts', () => {
  let root: Party;
  let intermediate: Party;
  let leaf: Party;
  let config: Uint8Array;
  beforeAll(async () => {
    root = await issue('ca.cleveland', undefined, true, now - 900 * day, now + 900 * day);
    intermediate = await issue('ca2.cleveland', root, true, now - 900 * day, now + 900 * day);
    leaf = await issue('serving', root, false, now - day, now + day);
    config = configOf('ClevelandMSP', [root], [intermediate]);
  });
  const signers = (read: () => Promise<Uint8Array> = () => Promise.resolve(config)) =>
    new ReceiptSigners('proofward', 'ClevelandMSP', read);
  const invalid = (member: string, reason: string) =>
    expect.objectContaining({
      ...{ code: 'RECEIPT_INVALID', pointer: `/receipts/0/${member}` },
      message: expect.stringContaining(reason),
    }) as object;

  it('have a certificate of the organisation’s authorities, which need not be in a wallet', async () => {
    const under = await issue('serving-2', intermediate, false, now - day, now + day);
    for (const party of [leaf, under]) await signers().require(await signedBy(party, now), '/receipts/0');
  });

  it('had it when the receipt was made: one that has expired since is no fault, nor is one that was renewed', async () => {
    const expired = await issue('serving', root, false, now - 10 * day, now - 5 * day);
    const check = async (at: number) => signers().require(await signedBy(expired, at), '/receipts/0');
    await check(now - 7 * day);
    // Clocks differ by a few minutes.
    await check(now - 10 * day - 60_000);
    for (const at of [now, now - 5 * day + 1_000, now - 11 * day])
      await expect(check(at)).rejects.toEqual(invalid('certificate', 'is valid from'));
  });

  it('are nobody else', async () => {
    const stranger = await issue('ca.cleveland', undefined, true, now - 900 * day, now + 900 * day);
    const theirs = await issue('serving', stranger, false, now - day, now + day);
    const below = await issue('serving', leaf, false, now - day, now + day);
    const good = await signedBy(leaf, now);
    const refused: [SignedReceipt, object][] = [
      [await signedBy(theirs, now), invalid('certificate', 'not issued by')],
      [await signedBy(below, now), invalid('certificate', 'not issued by')],
      [await signedBy(root, now), invalid('certificate', 'authority’s own')],
      [await signedBy(intermediate, now), invalid('certificate', 'authority’s own')],
      [await signedBy(leaf, now, 'another'), invalid('signature', 'not over this receipt')],
      [{ ...good, certificate: theirs.certificate.toString('pem') }, invalid('signature', 'not over this receipt')],
      [{ ...good, certificate: 'x'.repeat(64) }, invalid('certificate', 'none')],
      [{ ...good, receipt: { ...good.receipt, sequence: 2 } }, invalid('signature', 'not over this receipt')],
    ];
    for (const [signed, fault] of refused)
      await expect(signers().require(signed, '/receipts/0')).rejects.toEqual(fault);
  });

  describe('with a revoked certificate', () => {
    // Lists have whole seconds.
    const from = Math.floor((now - 3_600_000) / 1_000) * 1_000;
    const revokedFrom = new Date(from).toISOString();
    const withLists = (...lists: Uint8Array[]) =>
      signers(() => Promise.resolve(configOf('ClevelandMSP', [root], [intermediate], lists)));
    const times: [at: number, state: string][] = [
      [from - 1, 'revoked-since'],
      [from, 'revoked'],
      [now, 'revoked'],
    ];

    it.each([
      ['a list that is followed by another', { nextUpdate: new Date(now + day) }],
      ['a list that is the last', {}],
    ])('had it when the receipt was made, or are said to have lost it since: %s', async (_, more) => {
      const other = await issue('serving-3', root, false, now - day, now + day);
      const kept = withLists(
        await listOf(
          root,
          [
            [other, from - day],
            [leaf, from],
          ],
          more,
        ),
      );
      for (const [at, state] of times) {
        const signed = await signedBy(leaf, at);
        const taken = kept.require(signed, '/receipts/0');
        if (state === 'revoked')
          await expect(taken).rejects.toEqual(invalid('certificate', `revoked from ${revokedFrom}`));
        else await taken;
        expect(kept.stateOf(signed)).toEqual({ state, revokedFrom });
      }
      const good = await signedBy(await issue('serving-4', root, false, now - day, now + day), now);
      await kept.require(good, '/receipts/0');
      expect(kept.stateOf(good)).toEqual({ state: 'good' });
    });

    it('lose it with the authority’s own, and by the list of nobody else', async () => {
      const under = await issue('serving-2', intermediate, false, now - day, now + day);
      const signed = await signedBy(under, now);
      for (const list of [await listOf(intermediate, [[under, from]]), await listOf(root, [[intermediate, from]])]) {
        const kept = withLists(list);
        await expect(kept.require(signed, '/receipts/0')).rejects.toEqual(invalid('certificate', 'revoked from'));
        expect(kept.stateOf(signed)).toEqual({ state: 'revoked', revokedFrom });
      }
      const stranger = await issue('ca2.cleveland', undefined, true, now - 900 * day, now + 900 * day);
      const kept = withLists(
        // The serial number of the certificate, from an authority that has not issued it.
        await listOf(root, [[under, from]]),
        await listOf(stranger, [[under, from]], {}, intermediate),
        await listOf(intermediate, []),
      );
      await kept.require(signed, '/receipts/0');
      expect(kept.stateOf(signed)).toEqual({ state: 'good' });
    });

    it('are known as such once the configuration is read again; before the first time nothing is said', async () => {
      let current = config;
      const kept = signers(() => Promise.resolve(current));
      const signed = await signedBy(leaf, now);
      expect(kept.stateOf(signed)).toEqual({ state: 'unknown' });
      await kept.warm();
      expect(kept.stateOf(signed)).toEqual({ state: 'good' });
      current = configOf('ClevelandMSP', [root], [intermediate], [await listOf(root, [[leaf, from]])]);
      const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 6 * 60_000);
      try {
        await expect(kept.require(signed, '/receipts/0')).rejects.toEqual(invalid('certificate', 'revoked from'));
        expect(kept.stateOf(signed)).toEqual({ state: 'revoked', revokedFrom });
      } finally {
        clock.mockRestore();
      }
    });
  });

  it('are known while the peer is away, once the configuration was read, and an authority that came is found', async () => {
    let answer: () => Promise<Uint8Array> = () => Promise.reject(new Error('away'));
    const kept = signers(() => answer());
    const signed = await signedBy(leaf, now);
    await expect(kept.require(signed, '/receipts/0')).rejects.toThrow('away');
    answer = () => Promise.resolve(config);
    await kept.require(signed, '/receipts/0');
    answer = () => Promise.reject(new Error('away'));
    await kept.require(signed, '/receipts/0');
    await expect(
      signers(() => Promise.resolve(configOf('OtherMSP', [root], []))).require(signed, '/receipts/0'),
    ).rejects.toThrow('no ClevelandMSP');
  });
});
