/**
 * Makes the golden vectors and the generated sections of docs/records.md from the built code:
 * `node evidence/vectors/make.mjs`. With --check nothing is written; it fails where making them would change a byte.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { recordTypes } from '@proofward/evidence';
import { format, resolveConfig } from 'prettier';
import { canonicalVector } from './canonical-vector.mjs';
import { consortiumVector, merkleVector } from './consortium-vector.mjs';
import { withSections } from './document.mjs';
import { receiptVector } from './receipt-vector.mjs';
import { recordVector } from './record-vector.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const records = Object.fromEntries(recordTypes.map((type) => [type, recordVector(type)]));
const consortium = consortiumVector();
const vectors = {
  ...records,
  consortium,
  merkle: merkleVector(),
  canonical: canonicalVector(),
  receipts: receiptVector(),
};
const document = at('../../docs/records.md');

const files = [
  ...Object.entries(vectors).map(([name, vector]) => [at(`${name}.json`), JSON.stringify(vector)]),
  [document, withSections(read(document), vectors)],
];

const changed = [];
for (const [path, content] of files) {
  const text = await format(content, { ...(await resolveConfig(path)), filepath: path });
  if (text === read(path)) continue;
  changed.push(path);
  if (!process.argv.includes('--check')) writeFileSync(path, text);
}
if (process.argv.includes('--check') && changed.length > 0) {
  process.stderr.write(`not what the code makes:\n${changed.join('\n')}\n`);
  process.exitCode = 1;
}
