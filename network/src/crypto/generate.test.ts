import 'reflect-metadata';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { StateLayout } from '../state/layout.js';
import { loadTopology } from '../topology/load.js';
import { Authority } from './authority.js';
import { checkCertificates } from './expiry.js';
import { generateCrypto } from './generate.js';
import { attributeExtension, signingProfile } from './profile.js';
import { hasLowS } from './signature.js';

const topology = loadTopology({ consortium: 'small' });

describe('generateCrypto', () => {
  let layout: StateLayout;
  beforeAll(async () => {
    layout = new StateLayout(mkdtempSync(join(tmpdir(), 'crypto-')));
    await generateCrypto(topology, layout);
  });
  afterAll(() => {
    rmSync(layout.root, { recursive: true });
  });

  const files = () => readdirSync(layout.root, { recursive: true, withFileTypes: true });
  const contents = () =>
    files()
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))
      .sort()
      .map((path) => [path, readFileSync(path, 'utf8')]);
  const certificate = (path: string) => new x509.X509Certificate(readFileSync(path, 'utf8'));

  it('makes nothing again', async () => {
    const before = contents();
    expect(await generateCrypto(topology, layout)).toBe(0);
    expect(contents()).toEqual(before);
  });

  it('makes again what is missing and keeps the rest', async () => {
    const before = contents();
    rmSync(layout.organization('cleveland').user('reader').root, { recursive: true });
    expect(await generateCrypto(topology, layout)).toBe(1);
    const after = contents();
    expect(after.map(([path]) => path)).toEqual(before.map(([path]) => path));
    const changed = after.filter(([, content], index) => content !== before[index]?.[1]).map(([path]) => path);
    expect(changed.every((path) => path?.includes('/users/reader/'))).toBe(true);
  });

  it('lets nobody else read it', () => {
    for (const entry of files()) {
      const { mode } = statSync(join(entry.parentPath, entry.name));
      expect(mode & 0o777).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
  });

  it('writes the attributes that chaincode reads, under an opaque id', () => {
    const steward = layout.organization('cleveland').user('data-steward');
    const { subjectName, extensions } = certificate(steward.certificate);
    const [enrollmentId] = subjectName.getField('CN');
    expect(enrollmentId).toMatch(/^[0-9a-f]{32}$/);
    expect(subjectName.getField('OU')).toEqual(['client']);
    const extension = extensions.find(({ type }) => type === attributeExtension);
    expect(JSON.parse(Buffer.from(extension?.value ?? new ArrayBuffer()).toString('utf8'))).toEqual({
      attrs: {
        'hf.EnrollmentID': enrollmentId,
        'hf.Type': 'client',
        'hf.Affiliation': '',
        role: 'data-steward',
      },
    });
  });

  it('makes administrators, peers and orderers what they are by their unit', () => {
    const place = layout.organization('cleveland');
    const unit = (path: string) => certificate(path).subjectName.getField('OU');
    expect(unit(place.user('admin').certificate)).toEqual(['admin']);
    expect(unit(place.node('peer0.cleveland').certificate)).toEqual(['peer']);
    expect(unit(layout.orderer.node('orderer0').certificate)).toEqual(['orderer']);
  });

  it('names loopback in TLS certificates', () => {
    const { tlsCertificate } = layout.organization('cleveland').node('peer0.cleveland');
    const { subjectAltName } = new X509Certificate(readFileSync(tlsCertificate));
    for (const name of ['DNS:localhost', 'DNS:peer0.cleveland', 'IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1']) {
      expect(subjectAltName).toContain(name);
    }
  });

  it('gives every certificate both key identifiers and a low-S signature', () => {
    const certificates = contents().filter(([, content]) => content?.includes('BEGIN CERTIFICATE'));
    expect(certificates.length).toBeGreaterThan(50);
    for (const [path] of certificates) {
      const found = certificate(path ?? '');
      expect(found.getExtension(x509.SubjectKeyIdentifierExtension)).not.toBeNull();
      expect(found.getExtension(x509.AuthorityKeyIdentifierExtension)).not.toBeNull();
      expect(hasLowS(new Uint8Array(found.signature))).toBe(true);
    }
  });

  it('puts the key of the certificate beside it', () => {
    const { certificate: path, key } = layout.organization('regulator').user('inspector');
    const holder = new X509Certificate(readFileSync(path));
    expect(holder.checkPrivateKey(createPrivateKey(readFileSync(key)))).toBe(true);
  });

  it('accepts what it made', async () => {
    await expect(checkCertificates(topology, layout)).resolves.toBeUndefined();
  });

  it('says in one line which certificate ran out, where it is and what to do', async () => {
    const inFourYears = new Date(Date.now() + 4 * 365 * 24 * 3600 * 1000);
    await expect(checkCertificates(topology, layout, inFourYears)).rejects.toMatchObject({
      code: 'CERTIFICATE_EXPIRED',
      message: expect.stringMatching(
        /^the certificate of peer0\.cleveland ran out on \d{4}-\d\d-\d\d: \/\S+; stop the network, remove \/\S+ and start it again: a new one is issued$/,
      ),
    });
  });

  it.each([
    ['certificate', ''],
    ['certificate', 'half a file'],
    ['key', ''],
  ] as const)('says which %s is damaged', async (which, content) => {
    const path = layout.organization('regulator').user('reader')[which];
    const kept = readFileSync(path, 'utf8');
    writeFileSync(path, content);
    await expect(checkCertificates(topology, layout)).rejects.toMatchObject({
      code: 'STATE_DAMAGED',
      message: expect.stringMatching(
        / of reader of regulator is damaged or missing: \/\S+; remove \/\S+ and start again/,
      ),
    });
    writeFileSync(path, kept);
  });

  it('refuses a certificate of another authority', async () => {
    const { certificate: path } = layout.organization('regulator').user('reader');
    const kept = readFileSync(path, 'utf8');
    const other = await Authority.open(join(layout.root, 'other'), 'RegulatorMSP CA', 'RegulatorMSP');
    const subject = { commonName: 'x', organization: 'RegulatorMSP', unit: 'client' };
    const { certificate: forged } = await other.issue({ subject, extensions: signingProfile() });
    writeFileSync(path, forged);
    await expect(checkCertificates(topology, layout)).rejects.toMatchObject({ code: 'CERTIFICATE_FOREIGN' });
    writeFileSync(path, kept);
  });
});
