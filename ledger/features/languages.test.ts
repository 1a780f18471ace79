import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Consortium, freePorts, MSP_IDS } from './consortium/consortium.js';
import { ChaincodeServers, type ServedChaincode } from './languages/chaincode-servers.js';
import { run } from './languages/command.js';
import { expectedOf } from './languages/expected.js';
import { type Call, sessionAt, type Told } from './languages/session.js';
import { type Language, languages } from './languages/toolchains.js';

const found = await languages();
const present = found.filter((one): one is Language => 'client' in one);
const chaincodes = present.map(({ name }) => `steps-${name}`);
const pairs = present.flatMap(({ name }) => chaincodes.map((chaincode) => [name, chaincode] as const));

let consortium: Consortium | undefined;
let servers: ChaincodeServers | undefined;
const told = new Map<string, Told>();

beforeAll(async () => {
  const ports = await freePorts(present.length * MSP_IDS.length);
  const served = present.map((language, i): ServedChaincode => ({
    language,
    packageId: `steps-${language.name}:aa`,
    endpoints: Object.fromEntries(
      MSP_IDS.map((mspId, j) => [mspId, `127.0.0.1:${ports[i * MSP_IDS.length + j] ?? 0}`]),
    ),
  }));
  consortium = await Consortium.create({
    collections: [
      { name: 'pair', policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 1, maxPeerCount: 1 },
    ],
    config: {
      chaincodes: served.map(({ language, packageId, endpoints }) => ({
        name: `steps-${language.name}`,
        version: '1.0',
        sequence: 1,
        packageId,
        endpoints,
        collections: 'collections.json',
      })),
    },
  });
  servers = await ChaincodeServers.start(served);
  await consortium.startLedger();
  for (const language of present) {
    const sessions = chaincodes.map((chaincode) => {
      const others = chaincodes.filter((other) => other !== chaincode);
      return sessionAt(chaincode, others, `${language.name}/${chaincode}/`);
    });
    const answers = await drive(
      language,
      sessions.flat().map(([, call]) => call),
    );
    for (const [i, session] of sessions.entries()) {
      const chaincode = chaincodes[i] ?? '';
      const own = answers.splice(0, session.length);
      const entries = session.map(([name], j) => [name, alike(own[j], `${language.name}/${chaincode}/`)]);
      told.set(`${language.name} ${chaincode}`, Object.fromEntries(entries) as Told);
    }
  }
}, 180_000);

afterAll(async () => {
  await servers?.stop();
  await consortium?.stop();
});

describe('client and chaincode languages side by side', () => {
  for (const one of found) {
    if ('client' in one) continue;
    process.stderr.write(`ledger: languages: ${one.name} skipped: ${one.skipped}\n`);
    test.skip(`${one.name}: skipped: ${one.skipped}`, () => undefined);
  }

  test.each(pairs)('a client in %s drives %s as every other does', (client, chaincode) => {
    const language = present.find(({ name }) => chaincode === `steps-${name}`)?.name ?? 'node';
    expect(told.get(`${client} ${chaincode}`)).toEqual(expectedOf(language, chaincodes.length - 1));
  });

  const go = present.find(({ name }) => name === 'go');
  (go === undefined ? test.skip : test)('the Go shim reads and writes many keys in one message', async () => {
    const keys = Array.from({ length: 1200 }, (_, i) => `many/${i}`);
    const [written, read] = await drive(go as Language, [
      { call: 'submit', chaincode: 'steps-go', steps: [['putMany', keys, 'value']] },
      { call: 'evaluate', chaincode: 'steps-go', steps: [['getMany', [...keys, 'absent']]] },
    ]);
    expect(written).toEqual({ result: [null] });
    expect(read).toEqual({ result: [[...keys.map(() => 'value'), '']] });
  });
});

async function drive({ client }: Language, calls: readonly Call[]): Promise<unknown[]> {
  const { program, args } = client;
  const connection = join(consortium?.folder ?? '', 'data', 'connection.json');
  const outcome = await run(
    { program, args: [...args, connection, 'Org1MSP'] },
    { input: JSON.stringify(calls), timeoutMs: 60_000 },
  );
  if (!outcome.ok) throw new Error(outcome.output);
  return JSON.parse(outcome.output) as unknown[];
}

/** Without what must differ: transaction ids, addresses, and the names that keep the sessions apart. */
function alike(answer: unknown, own: string): unknown {
  const text = JSON.stringify(answer)
    .replaceAll(own, '')
    .replaceAll(/[0-9a-f]{64}|\[[0-9a-f]{8}\]/g, 'TRANSACTION')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS')
    .replaceAll(/steps-(node|go|java)/g, 'CHAINCODE');
  const plain = JSON.parse(text) as { error?: { details?: { mspId: string }[] } } | null;
  // Endorsers that are asked at the same time answer in any order.
  plain?.error?.details?.sort((a, b) => a.mspId.localeCompare(b.mspId));
  return plain;
}
