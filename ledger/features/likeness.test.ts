import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

test('every behaviour that the list claims has a test', () => {
  const ledger = join(dirname(fileURLToPath(import.meta.url)), '..');
  const testNetwork = join(ledger, '..', 'test-network');
  const list = readFileSync(join(ledger, 'docs', 'likeness.md'), 'utf8');
  const named: readonly string[] = list.match(/(?:features|likeness|src)\/[\w/.-]+\.test\.ts/g) ?? [];
  expect(named.length).toBeGreaterThan(30);
  const folderOf = (file: string) => (file.startsWith('likeness/') ? testNetwork : ledger);
  expect(named.filter((file) => !existsSync(join(folderOf(file), file)))).toEqual([]);
  const shared = readdirSync(join(testNetwork, 'likeness')).filter((file) => file.endsWith('.test.ts'));
  expect(shared.filter((file) => !named.includes(`likeness/${file}`))).toEqual([]);
});
