import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Metadata {
  contracts: { name: string; transactions: { name: string; tag: string[]; parameters: { schema: object }[] }[] }[];
}

const vectors = join(__dirname, '..', 'vectors');
const { contracts } = JSON.parse(readFileSync(join(vectors, 'metadata.json'), 'utf8')) as Metadata;

/**
 * The shim finds transactions and their parameters by what the compiler emits for decorators. An `import type` of a
 * parameter's class changes that, so that the context may count as an argument.
 */
describe("the chaincode's metadata", () => {
  it('is the golden file, from the compiled code', () => {
    // Another process, because fabric-shim installs handlers for the whole one that requires it.
    execFileSync(process.execPath, [join(vectors, 'make.mjs'), '--check'], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
  }, 30_000);

  it('tells of its contracts, whose transactions all take one text', () => {
    expect(contracts.map(({ name }) => name)).toEqual([
      'datasets',
      'grants',
      'models',
      'plans',
      'attestations',
      'policies',
      'responses',
      'incidents',
      'disputes',
      'dispute-statements',
      'amendments',
      'disclosure-requests',
      'disclosures',
      'sign-offs',
      'waivers',
      'release-decisions',
      'deployments',
      'batches',
      'proposals',
      'votes',
      'settings',
      'roles',
    ]);
    for (const { parameters } of contracts.flatMap(({ transactions }) => transactions)) {
      expect(parameters.map(({ schema }) => schema)).toEqual([{ type: 'string' }]);
    }
  });

  it('tells which transactions write', () => {
    const writing = contracts.map(({ transactions }) =>
      transactions.filter(({ tag }) => tag.includes('SUBMIT')).map(({ name }) => name),
    );
    const records = ['create', 'transition'];
    expect(writing).toEqual([
      ...Array.from({ length: contracts.length - 6 }, () => records),
      [...records, 'stop'],
      ...Array.from({ length: 4 }, () => records),
      ['apply'],
    ]);
  });
});
