/**
 * Every test of a target, and a closing line `N passed, N failed`.
 *
 *   npm test                                 unit tests, then the features on the embedded ledger
 *   npm run test:fabric                      the features on Hyperledger Fabric, whose binaries must be there
 *   ... -- --only PROJECT [jest arguments]   one room's tests
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const units = ['evidence', 'chaincode', 'ledger', 'network', 'gateway-api', 'client', 'bench'];

const { values, positionals } = parseArgs({
  options: { target: { type: 'string', default: 'embedded' }, only: { type: 'string' } },
  allowPositionals: true,
});
if (!['embedded', 'fabric'].includes(values.target)) {
  console.error(`test: --target is embedded or fabric, not ${values.target}`);
  process.exit(2);
}
if (values.target === 'fabric') await requireFabric();

let passed = 0;
let failed = 0;
if (values.only !== undefined) run([values.only], ['--runInBand']);
else {
  if (values.target === 'embedded') run(units, []);
  // Features share one network, and some of them stop parts of it.
  run(['test-network'], ['--runInBand']);
  run(['likeness'], ['--runInBand']);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function run(projects, extra) {
  const room = mkdtempSync(join(tmpdir(), 'proofward-test-'));
  const report = join(room, 'report.json');
  const { status } = spawnSync(
    process.execPath,
    [
      ...['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', jest, '--passWithNoTests'],
      // A connection that was being made while its ledger was made to fail is never told to grpc-js, and would keep Jest.
      '--forceExit',
      ...[
        '--json',
        '--outputFile',
        report,
        '--selectProjects',
        ...projects,
        ...extra,
        ...positionals.flatMap((p) => ['--testPathPatterns', p]),
      ],
    ],
    // Jest prints its report for people on standard error; standard output would repeat the JSON.
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PROOFWARD_TARGET: values.target } },
  );
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    passed += numPassedTests;
    failed += numFailedTests + numRuntimeErrorTestSuites;
    if (status !== 0 && numFailedTests + numRuntimeErrorTestSuites === 0) failed += 1;
  } else failed += 1;
  rmSync(room, { recursive: true, force: true });
}

async function requireFabric() {
  const { requireFabric: find } = await import(join(root, 'network/dist/index.js'));
  try {
    const { version, binaries } = await find();
    console.error(`test: Hyperledger Fabric ${version}, ${binaries.peer}`);
  } catch (error) {
    console.error(`test: ${error.message}`);
    process.exit(1);
  }
}
