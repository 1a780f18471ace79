import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

test('every behaviour that the list claims has a test', () => {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const list = readFileSync(join(root, 'docs', 'likeness.md'), 'utf8');
  const named = list.match(/(?:features|src)\/[\w/.-]+\.test\.ts/g) ?? [];
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
