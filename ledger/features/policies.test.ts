import { StatusCode } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Consortium } from './consortium/consortium.js';
import type { Member, Step } from './consortium/member.js';

/** What halts every peer of a Fabric channel, and is a transaction's fault here. */
describe('key policies that Fabric cannot live with', () => {
  let consortium: Consortium;
  let org1: Member;

  beforeAll(async () => {
    consortium = await Consortium.start({ config: { batchTimeoutMs: 150 } });
    org1 = consortium.member('Org1MSP');
  }, 30_000);

  afterAll(async () => {
    await (consortium as Consortium | undefined)?.stop();
  });

  const codeOf = async (steps: readonly Step[]): Promise<number> =>
    (await org1.submit(steps, { endorsers: ['Org1MSP'] })).code;

  test('one that cannot be parsed makes later writes of the key invalid; the channel goes on', async () => {
    expect(
      await codeOf([
        ['put', 'bad', '1'],
        ['setPolicyBytes', 'bad', 'ffffffff'],
      ]),
    ).toBe(StatusCode.VALID);
    expect(await codeOf([['put', 'bad', '2']]).catch(() => StatusCode.ENDORSEMENT_POLICY_FAILURE)).toBe(
      StatusCode.ENDORSEMENT_POLICY_FAILURE,
    );
    expect(await codeOf([['put', 'good', '1']])).toBe(StatusCode.VALID);
  });

  test('one of a key that the same block deletes has no effect', async () => {
    await codeOf([['put', 'deleted', '1']]);
    const endorsers = ['Org1MSP'];
    const deletion = await org1.endorse([['delete', 'deleted']], { endorsers });
    const locking = await org1.endorse([['setPolicy', 'deleted', ['Org2MSP']]], { endorsers });
    const sent = [await deletion.submit(), await locking.submit()];
    const statuses = await Promise.all(sent.map(async (transaction) => transaction.getStatus()));
    expect(new Set(statuses.map(({ blockNumber }) => blockNumber)).size).toBe(1);
    expect(statuses.map(({ code }) => code)).toEqual([StatusCode.VALID, StatusCode.VALID]);
    expect(await codeOf([['put', 'deleted', '2']])).toBe(StatusCode.VALID);
  });
});
