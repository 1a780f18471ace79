import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blockHeader, dataHash, envelopesOf, headerHash } from '../src/block/header.js';
import { Consortium } from './consortium/consortium.js';
import { eventually } from './consortium/waiting.js';

describe('stopping and starting', () => {
  let consortium: Consortium;

  beforeAll(async () => {
    consortium = await Consortium.start({
      collections: [
        { name: 'pair', policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1 },
      ],
    });
  }, 30_000);

  afterAll(async () => {
    await (consortium as Consortium | undefined)?.stop();
  });

  const blocksFile = (): string => join(consortium.folder, 'data', 'blocks');

  /** Counts the blocks and checks that each follows the one before. */
  const chainHeight = async (): Promise<number> => {
    const org1 = consortium.member('Org1MSP');
    const events = await org1.network.getBlockEvents({ startBlock: 0n });
    const { blockNumber } = await org1.submit([['put', 'tip', String(Date.now())]]);
    let previous: Buffer | undefined;
    for await (const block of events) {
      if (previous !== undefined) expect(Buffer.from(blockHeader(block).getPreviousHash_asU8())).toEqual(previous);
      expect(dataHash(envelopesOf(block))).toEqual(Buffer.from(blockHeader(block).getDataHash_asU8()));
      previous = headerHash(blockHeader(block));
      if (BigInt(blockHeader(block).getNumber()) === blockNumber) break;
    }
    events.close();
    return Number(blockNumber) + 1;
  };

  test('kill -9 under load loses nothing that was reported as committed', async () => {
    for (let round = 0; round < 3; round++) {
      const org1 = consortium.member('Org1MSP');
      const committed: string[] = [];
      let killed = false;
      const writers = Array.from({ length: 10 }, async (_, writer) => {
        for (let i = 0; !killed && i < 200; i++) {
          const key = `load-${round}-${writer}-${i}`;
          try {
            const { code } = await org1.submit(
              [
                ['put', key, key],
                ['putPrivate', 'pair', key, key],
              ],
              { endorsers: ['Org1MSP'] },
            );
            if (code === StatusCode.VALID) committed.push(key);
          } catch {
            return;
          }
        }
      });
      await eventually(() => {
        expect(committed.length).toBeGreaterThan(10);
      });
      await new Promise((resolve) => setTimeout(resolve, round * 130));
      killed = true;
      await consortium.stopLedger('SIGKILL');
      await Promise.all(writers);
      await consortium.startLedger();
      const found = await consortium.member('Org2MSP').evaluate(
        committed.flatMap(
          (key) =>
            [
              ['get', key],
              ['getPrivate', 'pair', key],
            ] as const,
        ),
      );
      expect(found).toEqual(committed.flatMap((key) => [key, key]));
    }
    expect(await chainHeight()).toBeGreaterThan(3);
  }, 40_000);

  test('a torn tail is taken away, and the chain goes on', async () => {
    const height = await chainHeight();
    await consortium.stopLedger('SIGKILL');
    appendFileSync(blocksFile(), Buffer.from('00000400deadbeef0102', 'hex'));
    await consortium.startLedger();
    expect(await chainHeight()).toBe(height + 1);
  });

  test('blocks whose state was not written are applied at the start', async () => {
    const { writeBlocksOnly } = await import('./consortium/lost-state.js');
    const org1 = consortium.member('Org1MSP');
    await org1.submit(
      [
        ['put', 'replayed', 'yes'],
        ['putPrivate', 'pair', 'replayed', 'too'],
      ],
      { endorsers: ['Org1MSP'] },
    );
    await consortium.stopLedger();
    await writeBlocksOnly(join(consortium.folder, 'data'));
    await consortium.startLedger();
    expect(
      await consortium.member('Org1MSP').evaluate([
        ['get', 'replayed'],
        ['getPrivate', 'pair', 'replayed'],
        ['history', 'replayed'],
      ]),
    ).toEqual(['yes', 'too', [expect.anything()]]);
    await chainHeight();
  });

  test('a transient write set survives kill -9', async () => {
    const endorsed = await consortium
      .member('Org1MSP')
      .endorse([['putPrivate', 'pair', 'between', 'v']], { endorsers: ['Org1MSP'] });
    const bytes = endorsed.getBytes();
    await consortium.stopLedger('SIGKILL');
    await consortium.startLedger();
    const submitted = await consortium.member('Org1MSP').gateway.newTransaction(bytes).submit();
    expect((await submitted.getStatus()).code).toBe(StatusCode.VALID);
    expect(await consortium.member('Org2MSP').evaluate([['getPrivate', 'pair', 'between']])).toEqual(['v']);
  });

  describe('what cannot be started says so in one line', () => {
    const oneLine = (text: string): string =>
      text
        .split('\n')
        .filter((line) => line.startsWith('ledger: '))
        .join('\n');

    test('a second ledger on the same data', async () => {
      const { code, stderr } = await consortium.failToStart();
      expect(code).toBe(1);
      expect(oneLine(stderr)).toMatch(
        /^ledger: the ledger with process id \d+ runs on .*data; stop it, or give this one another data folder$/,
      );
    });

    test('a lock left behind by another process is taken over', async () => {
      await consortium.stopLedger('SIGKILL');
      writeFileSync(join(consortium.folder, 'data', 'ledger.pid'), `${process.pid}\n`);
      await consortium.startLedger();
    });

    test('a port in use', async () => {
      await consortium.stopLedger();
      const port = Number(consortium.address('Org2MSP').split(':')[1]);
      const squatter = createServer();
      await new Promise<void>((resolve) => {
        squatter.listen(port, '127.0.0.1', resolve);
      });
      const { code, stderr } = await consortium.failToStart();
      squatter.close();
      expect(code).toBe(1);
      expect(oneLine(stderr)).toBe(
        `ledger: the port of 127.0.0.1:${port} is in use; stop what uses it, or configure another port`,
      );
    });

    test('an unknown field, another address, another channel', async () => {
      const variant = async (change: (config: Record<string, unknown>) => void): Promise<string> => {
        const config = JSON.parse(readFileSync(consortium.configFile, 'utf8')) as Record<string, unknown>;
        change(config);
        const file = join(consortium.folder, 'variant.json');
        writeFileSync(file, JSON.stringify(config));
        const { code, stderr } = await consortium.failToStart(file);
        expect(code).toBe(1);
        return oneLine(stderr);
      };
      expect(await variant((config) => (config['batchTimeout'] = 5))).toMatch(
        /variant\.json: batchTimeout: there is no such field; correct it/,
      );
      expect(
        await variant((config) => {
          const [first] = config['organizations'] as { peer: { listen: string } }[];
          if (first !== undefined) first.peer.listen = '0.0.0.0:7051';
        }),
      ).toMatch(/does not listen on 0\.0\.0\.0:7051; use 127\.0\.0\.1/);
      expect(await variant((config) => (config['channel'] = 'otherchannel'))).toMatch(
        /belongs to the channel mychannel, not to otherchannel/,
      );
    });

    test('a damaged block in the middle', async () => {
      const size = statSync(blocksFile()).size;
      const bytes = readFileSync(blocksFile());
      const saved = Buffer.from(bytes);
      bytes.writeUInt8(bytes.readUInt8(size - 40) ^ 0xff, size - 40);
      writeFileSync(blocksFile(), bytes);
      const { code, stderr } = await consortium.failToStart();
      expect(code).toBe(1);
      expect(oneLine(stderr)).toMatch(
        /data\/blocks is damaged at byte \d+; restore the data folder from a copy, or start with an empty one/,
      );
      writeFileSync(blocksFile(), saved);
      truncateSync(blocksFile(), size);
      await consortium.startLedger();
      await chainHeight();
    });
  });
});
