import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chaincodePackage } from './package/package';

const bundle = join(__dirname, '..', 'dist', 'bundle', 'chaincode.cjs');
const vector = join(__dirname, '..', '..', 'evidence', 'vectors', 'consortium.json');

/** Fabric starts whatever says that it is the approved package; so the process itself looks at what it is. */
describe('the chaincode server', () => {
  let room: string;
  let consortium: Buffer;
  beforeAll(() => {
    room = mkdtempSync(join(tmpdir(), 'proofward-server-'));
    const { consortium: value } = JSON.parse(readFileSync(vector, 'utf8')) as { consortium: object };
    consortium = Buffer.from(JSON.stringify(value));
  });
  afterAll(() => {
    rmSync(room, { recursive: true, force: true });
  });

  /** Starts it under the id of the package that was approved, and answers what it says first and how it ends. */
  async function start(approved: string, change: { code?: string; consortium?: Buffer } = {}) {
    const code = join(room, 'chaincode.cjs');
    const file = join(room, 'consortium.json');
    copyFileSync(bundle, code);
    if (change.code !== undefined) writeFileSync(code, change.code, { flag: 'a' });
    writeFileSync(file, change.consortium ?? consortium);
    const server = spawn(process.execPath, [code], {
      env: { CHAINCODE_SERVER_ADDRESS: '127.0.0.1:0', CHAINCODE_ID: approved, PROOFWARD_CONSORTIUM: file },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => server.on('exit', resolve));
    let said = '';
    for await (const chunk of server.stderr as AsyncIterable<Buffer>) {
      said += chunk.toString('utf8');
      if (said.includes('serving')) server.kill('SIGTERM');
    }
    return { said, code: await ended };
  }

  it('serves as the package that was approved, and ends when it is told to', async () => {
    const { packageId } = await chaincodePackage(readFileSync(bundle), consortium);
    expect(await start(packageId)).toEqual({
      said: expect.stringContaining(`serving ${packageId}`) as unknown,
      code: 0,
    });
  });

  it('does not start with other code, or another consortium file, than was approved', async () => {
    const { packageId } = await chaincodePackage(readFileSync(bundle), consortium);
    const refused = { said: expect.stringContaining(`not the approved ${packageId}`) as unknown, code: 1 };
    expect(await start(packageId, { code: '\n' })).toEqual(refused);
    const others = Buffer.from(consortium.toString('utf8').replace('"auditor"', '"regulator"'));
    expect(await start(packageId, { consortium: others })).toEqual(refused);
  });
});
