import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status as Code } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Consortium } from './consortium/consortium.js';
import { failureOf } from './consortium/failure.js';

const collections = [
  { name: 'pair', policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1 },
];
const MIB = 1024 * 1024;

describe('a disk that fills up', () => {
  let consortium: Consortium;
  let data: string;
  let isMounted = false;

  beforeAll(async () => {
    consortium = await Consortium.create({ collections });
    data = join(consortium.folder, 'data');
    mkdirSync(data);
    // As root the data folder is a disk of its own, of 96 MiB; without, only the limit of a file can be tested.
    isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', data]).status === 0;
    await Promise.all([consortium.startChaincode(), consortium.startLedger()]);
  }, 60_000);

  afterAll(async () => {
    await consortium.stopLedger();
    if (isMounted) execFileSync('umount', ['-l', data]);
    await consortium.stop();
  });

  const put = async (key: string): Promise<void> => {
    const { code } = await consortium.member('Org1MSP').submit(
      [
        ['put', key, key],
        ['putPrivate', 'pair', key, key],
      ],
      { endorsers: ['Org1MSP'] },
    );
    expect(code).toBe(StatusCode.VALID);
  };
  const requireKeys = async (...keys: string[]): Promise<void> => {
    const found = await consortium.member('Org2MSP').evaluate(
      keys.flatMap((key) => [
        ['get', key],
        ['getPrivate', 'pair', key],
      ]),
    );
    expect(found).toEqual(keys.flatMap((key) => [key, key]));
  };

  test('is told to who submits before it is full; what was there is read, and it goes on when there is room', async () => {
    await put('before');
    if (!isMounted) return;
    const endorsed = await consortium.member('Org1MSP').endorse([['put', 'during', 'x']], { endorsers: ['Org1MSP'] });
    writeFileSync(join(data, 'filler'), Buffer.alloc(40 * MIB));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const begun = Date.now();
    const full = {
      code: Code.RESOURCE_EXHAUSTED,
      message: expect.stringContaining('no space left: the disk of ') as unknown,
    };
    expect(await failureOf(put('refused'))).toMatchObject(full);
    expect(await failureOf(endorsed.submit())).toMatchObject(full);
    expect(Date.now() - begun).toBeLessThan(2000);
    await requireKeys('before');
    rmSync(join(data, 'filler'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const submitted = await endorsed.submit();
    expect((await submitted.getStatus()).code).toBe(StatusCode.VALID);
    await put('after');
    await requireKeys('before', 'after');
  });

  test('without warning ends the ledger with one line, and loses nothing that was acknowledged', async () => {
    await put('first');
    // What a disk does that is full at once: the block is written in part, and then no more.
    if (!limitFiles(consortium.ledgerPid, statSync(join(data, 'blocks')).size + 100)) return;
    const begun = Date.now();
    const { code } = await failureOf(consortium.member('Org1MSP').submit([['put', 'lost', 'x']]));
    expect([Code.UNAVAILABLE, Code.CANCELLED]).toContain(code);
    expect(Date.now() - begun).toBeLessThan(5000);
    const end = await consortium.ledgerEnd();
    expect(end.code).toBe(1);
    expect(end.line).toMatch(/^ledger: cannot write \S+blocks \(EFBIG[^\n]+; check the disk[^\n]+$/);
    consortium.disconnect();
    await consortium.startLedger();
    await requireKeys('first');
    await put('second');
  }, 30_000);
});

/** The system refuses to let a file of the process grow beyond `bytes`; false where it cannot be told to. */
function limitFiles(pid: number, bytes: number): boolean {
  return spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}`]).status === 0;
}
