import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ShownBlock } from '../src/inspect/shown.js';
import { Consortium } from './consortium/consortium.js';

describe('ledger inspect', () => {
  let consortium: Consortium;
  let id: string;

  beforeAll(async () => {
    consortium = await Consortium.start({
      collections: [{ name: 'pair', policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0 }],
    });
    const org1 = consortium.member('Org1MSP');
    await org1.submit([['put', 'a', 'before']]);
    const submitted = await org1.send(
      [
        ['get', 'a'],
        ['get', 'absent'],
        ['range', 'a', 'c'],
        ['put', 'a', 'after'],
        ['delete', 'b'],
        ['setPolicy', 'a', ['Org1MSP']],
        ['putPrivate', 'pair', 'k', 'v'],
        ['event', 'changed', 'payload'],
      ],
      { endorsers: ['Org1MSP', 'Org2MSP'] },
    );
    id = submitted.getTransactionId();
    await submitted.getStatus();
  });

  afterAll(async () => {
    await consortium.stop();
  });

  const json = async (...args: string[]): Promise<ShownBlock[]> => {
    const { code, stdout, stderr } = await consortium.command(
      'inspect',
      '--config',
      consortium.configFile,
      '--json',
      ...args,
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return JSON.parse(stdout) as ShownBlock[];
  };

  test('tells all of a transaction while the ledger runs', async () => {
    const [block] = await json('--tx', id);
    expect(block?.number).toBe(2);
    const [tx] = block?.transactions ?? [];
    expect(tx).toMatchObject({
      id,
      type: 'ENDORSER_TRANSACTION',
      validationCode: 'VALID',
      creator: { mspId: 'Org1MSP', commonName: 'User1.Org1MSP' },
      chaincode: { name: 'steps', version: '1.0' },
      function: 'run',
      event: { name: 'changed', payload: 'payload' },
    });
    expect(tx?.endorsers?.map(({ mspId }) => mspId).sort()).toEqual(['Org1MSP', 'Org2MSP']);
    const set = tx?.readWriteSets?.find(({ namespace }) => namespace === 'steps');
    expect(set?.reads).toEqual([
      { key: 'a', version: { block: 1, transaction: 0 } },
      { key: 'absent', version: null },
    ]);
    expect(set?.ranges).toMatchObject([{ startKey: 'a', endKey: 'c', exhausted: true, reads: [{ key: 'a' }] }]);
    expect(set?.writes).toEqual([
      { key: 'a', value: 'after', isDelete: false },
      { key: 'b', isDelete: true },
    ]);
    expect(set?.metadataWrites).toMatchObject([{ key: 'a', entries: [{ name: 'VALIDATION_PARAMETER' }] }]);
    expect(set?.collections).toMatchObject([{ name: 'pair', writes: [{ isDelete: false, isPurge: false }] }]);
    expect(set?.collections[0]?.writes[0]?.keyHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('tells blocks by number, as text too, and when the ledger does not run', async () => {
    expect((await json()).map(({ number }) => number)).toEqual([0, 1, 2]);
    expect((await json('--from', '1', '--to', '1')).map(({ number }) => number)).toEqual([1]);
    const [genesis, first] = await json('--to', '1');
    expect(first?.previousHash).toBe(genesis?.hash);
    await consortium.stopLedger();
    const { stdout, code } = await consortium.command('inspect', '--config', consortium.configFile, '--block', '2');
    expect(code).toBe(0);
    expect(stdout).toContain('VALID');
    expect(stdout).toMatch(/write {4}"a" = "after"/);
    expect(stdout).toMatch(/read {5}"absent" {2}absent/);
    await consortium.startLedger();
  });

  test.each([
    [['--tx', 'nothing'], /has no transaction nothing/],
    [['--block', '99'], /has no block 99/],
    [['--block', 'x'], /--block: x is not the number of a block; usage: ledger inspect/],
    [['--what'], /unknown option '--what'; usage: ledger inspect/],
  ])('says what is wrong with %j in one line', async (args, expected) => {
    const { code, stderr } = await consortium.command('inspect', '--config', consortium.configFile, ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr.trim()).not.toContain('\n');
  });

  test('other words on the command line are told', async () => {
    expect((await consortium.command('--help')).stdout).toMatch(/ledger --config FILE/);
    expect((await consortium.command('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await consortium.command('inspct')).stderr).toMatch(/there is no command inspct; usage/);
    expect((await consortium.command('--confg', 'x')).stderr).toMatch(/unknown option '--confg'; usage/);
    expect((await consortium.command()).stderr).toMatch(/no configuration file is given/);
  });
});
