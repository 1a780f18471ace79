import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Consortium } from './consortium/consortium.js';
import type { Member } from './consortium/member.js';
import { eventually } from './consortium/waiting.js';

describe('private data on disk', () => {
  let consortium: Consortium;
  let org1: Member;

  beforeAll(async () => {
    const pair = { policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1 };
    consortium = await Consortium.start({ collections: [{ ...pair, name: 'pair' }] });
    org1 = consortium.member('Org1MSP');
  }, 30_000);

  afterAll(async () => {
    await (consortium as Consortium | undefined)?.stop();
  });

  const write = async (key: string, secret: string): Promise<void> => {
    const { code } = await org1.submit([['putTransient', 'pair', key, 'secret']], {
      transientData: { secret },
      endorsers: ['Org1MSP'],
    });
    expect(code).toBe(StatusCode.VALID);
  };

  test('a purge removes the value from every file', async () => {
    await write('purged', 'canary-7f3a-old');
    await write('purged', 'canary-7f3a-new');
    expect(filesWith(consortium, 'canary-7f3a')).not.toEqual([]);
    await org1.submit([['purgePrivate', 'pair', 'purged']], { endorsers: ['Org1MSP'] });
    await eventually(() => {
      expect(filesWith(consortium, 'canary-7f3a')).toEqual([]);
    });
  });

  test('plain values lie in the stores of members only', async () => {
    await write('canary', 'canary-51d0');
    const files = filesWith(consortium, 'canary-51d0');
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !/private\/(Org1MSP|Org2MSP)\//.test(file))).toEqual([]);
  });
});

function filesWith(consortium: Consortium, text: string): string[] {
  const data = join(consortium.folder, 'data');
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}
