/**
 * Makes metadata.json from the built chaincode: which contracts, transactions and parameters it tells its callers of.
 * `node chaincode/vectors/make.mjs`; with --check nothing is written, and it fails where making it would change a byte.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

// fabric-shim swallows what is thrown from here on, and the process would end as if all were well.
process.exitCode = 1;
// fabric-contract-api logs each decorator.
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const { proofwardChaincode } = createRequire(import.meta.url)('../dist/chaincode.js');

const consortium = JSON.parse(readFileSync(new URL('../../evidence/vectors/consortium.json', import.meta.url), 'utf8'));
const { metadata } = proofwardChaincode(consortium.consortium);

const contracts = Object.values(metadata.contracts)
  .filter(({ name }) => name !== 'org.hyperledger.fabric')
  .map(({ name, contractInstance, transactions }) => ({
    name,
    default: contractInstance.default === true,
    transactions: transactions.map(({ name, tag, parameters, returns }) => ({
      name,
      tag,
      parameters: parameters.map(({ name, schema }) => ({ name, schema })),
      returns,
    })),
  }));

const path = fileURLToPath(new URL('metadata.json', import.meta.url));
const text = await format(JSON.stringify({ contracts, components: metadata.components }), {
  ...(await resolveConfig(path)),
  filepath: path,
});
const check = process.argv.includes('--check');
if (!check) writeFileSync(path, text);
if (check && text !== readFileSync(path, 'utf8')) process.stderr.write(`not what the code makes: ${path}\n`);
else process.exitCode = 0;
