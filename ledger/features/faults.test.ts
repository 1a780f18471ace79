import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Consortium } from './consortium/consortium.js';
import { disk, type Fault, type Operation } from './faults/disk.js';
import type { Image, Trial } from './faults/trial.js';

let consortium: Consortium;
let trial: Trial;

beforeAll(async () => {
  await disk.install();
  const [{ Consortium }, { Trial }] = await Promise.all([
    import('./consortium/consortium.js'),
    import('./faults/trial.js'),
  ]);
  consortium = await Consortium.create({
    config: { batchTimeoutMs: 5, maxMessageCount: 3 },
    collections: [
      { name: 'pair', policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1 },
    ],
  });
  await consortium.startChaincode();
  trial = new Trial(consortium);
}, 30_000);

afterAll(async () => {
  disk.restore();
  trial.close();
  await consortium.stop();
});

describe('a ledger that fails at any of its writes, syncs, renames, opens and removals', () => {
  test('and is killed before it, in the middle of it, or after it, has what it acknowledged, and goes on', async () => {
    const images: Image[] = [];
    let synced = false;
    const whole = await trial.run({
      before: (operation, crash) => {
        // A sync changes nothing that a process leaves behind.
        if (synced) images.pop();
        synced = operation.sync && operation.name !== '_batch';
        images.push(crash.image(`kill -9 before ${named(operation)}`));
      },
      after: (operation, crash) => {
        images.push(...crash.torn(`kill -9 in the middle of ${named(operation)}`, operation));
      },
    });
    expect(whole.fault).toBeUndefined();
    expect(whole.image.acknowledged).toHaveLength(5);
    expect(whole.operations).toBeGreaterThan(50);
    await trial.checkReplay(whole.image);
    for (const image of [...images, whole.image]) await trial.check(image);
  }, 240_000);

  test('and loses what it did not sync has what it acknowledged, and goes on', async () => {
    const images: Image[] = [];
    const whole = await trial.run({
      before: (operation, crash) => {
        images.push(crash.withoutUnsynced(`power lost before ${named(operation)}`));
      },
    });
    expect(whole.fault).toBeUndefined();
    for (const image of images) await trial.check(image);
  }, 240_000);

  const faults: [Fault, string][] = [
    [{ code: 'ENOSPC', done: 'half' }, 'DISK_FULL'],
    [{ code: 'EIO', done: 'all' }, 'DISK_FAILED'],
  ];
  test.each(faults)(
    'with %j says so, ends, and has what it acknowledged when it starts again',
    async (fault, code) => {
      for (let n = 1; ; n++) {
        let failing: Operation | undefined;
        const run = await trial.run({
          fault: (operation) => {
            if (operation.number === n) failing = operation;
            return failing?.name === operation.name && failing.path === operation.path ? fault : undefined;
          },
        });
        if (failing === undefined) break;
        const name = `${fault.code} at ${named(failing)}`;
        // A full disk removes what it is told to.
        if (fault.code !== 'ENOSPC' || failing.name !== 'rmSync')
          expect([name, codeOf(run.fault)]).toEqual([name, code]);
        await trial.check({ ...run.image, name });
      }
    },
    240_000,
  );
});

function named({ number, name, path }: Operation): string {
  return `operation ${number}, ${name} ${path}`;
}

/** Of an error that is one line: what, where, what to do. */
function codeOf(fault: unknown): unknown {
  return fault instanceof Error && 'code' in fault && /^[^\n]+; [^\n]+$/.test(fault.message) ? fault.code : fault;
}
