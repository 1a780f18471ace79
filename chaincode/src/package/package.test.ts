import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chaincodePackage } from './package';

const bundle = Buffer.from('"use strict";\n');
const consortium = Buffer.from('{"channel":"proofward"}\n');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the package id', () => {
  it('is this one for these bytes', async () => {
    expect((await chaincodePackage(bundle, consortium)).packageId).toBe(
      'proofward_1.0:0a6b8ad077fb6db86f20b9e7004bc6335d4a3ff03196aba55373c6a4564fc761',
    );
  });

  it('is the same from two builds, whenever they run', async () => {
    const first = await chaincodePackage(bundle, consortium);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const second = await chaincodePackage(Buffer.from(bundle), Buffer.from(consortium));
    expect(second.packageId).toBe(first.packageId);
    expect(sha256(second.tarGz)).toBe(sha256(first.tarGz));
  });

  it('is the label and the hash of the file, as a peer computes it', async () => {
    const { packageId, tarGz } = await chaincodePackage(bundle, consortium);
    expect(packageId).toBe(`proofward_1.0:${sha256(tarGz)}`);
  });

  it('is another one after any change of a byte of code or consortium', async () => {
    const changed = (bytes: Buffer, at: number) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };
    const ids = await Promise.all([
      chaincodePackage(bundle, consortium),
      ...[...bundle.keys()].map((at) => chaincodePackage(changed(bundle, at), consortium)),
      ...[...consortium.keys()].map((at) => chaincodePackage(bundle, changed(consortium, at))),
      chaincodePackage(Buffer.concat([bundle, Buffer.from('\n')]), consortium),
      chaincodePackage(consortium, bundle),
    ]);
    expect(new Set(ids.map(({ packageId }) => packageId)).size).toBe(ids.length);
  });
});

describe('the package', () => {
  let directory: string;
  const tar = (...args: string[]) => execFileSync('tar', ['-C', directory, ...args], { encoding: 'utf8' });
  const json = (name: string): unknown => JSON.parse(readFileSync(join(directory, name), 'utf8'));

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'proofward-package-'));
    writeFileSync(join(directory, 'package.tar.gz'), (await chaincodePackage(bundle, consortium)).tarGz);
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('opens with tar, and has the entries of the lifecycle and no others', () => {
    expect(tar('-tzf', join(directory, 'package.tar.gz')).trim().split('\n')).toEqual(['metadata.json', 'code.tar.gz']);
    tar('-xzf', join(directory, 'package.tar.gz'));
    expect(json('metadata.json')).toEqual({ type: 'ccaas', label: 'proofward_1.0' });
    expect(tar('-tzf', join(directory, 'code.tar.gz')).trim().split('\n')).toEqual(['connection.json', 'digests.json']);
    tar('-xzf', join(directory, 'code.tar.gz'));
    expect(json('connection.json')).toEqual({ address: '{{.address}}', dial_timeout: '10s', tls_required: false });
    expect(json('digests.json')).toEqual({ bundle: sha256(bundle), consortium: sha256(consortium) });
  });

  it('says nothing of when, where and by whom it was made', () => {
    const listing = execFileSync('tar', ['--numeric-owner', '--utc', '-tvzf', join(directory, 'package.tar.gz')], {
      encoding: 'utf8',
    });
    for (const line of listing.trim().split('\n')) expect(line).toMatch(/^-rw-r--r-- 0\/0 +\d+ 1970-01-01 00:00 /);
    // RFC 1952: no flags, no time, an unknown operating system.
    const header = readFileSync(join(directory, 'package.tar.gz')).subarray(0, 10);
    expect([header[3], header.readUInt32LE(4), header[9]]).toEqual([0, 0, 255]);
  });
});
