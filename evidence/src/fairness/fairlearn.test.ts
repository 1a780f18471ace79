import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FairnessEvidence } from './evidence.js';
import { recomputeFairness } from './recompute.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const room = at('../../../.proofward/python');
const own = `${room}/bin/python`;

/** A Python with the fairlearn of python/requirements.txt: the one that is named, the one here, or one made here. */
function findPython(): { python: string } | { missing: string } {
  const works = (python: string) => run(python, ['-c', 'import fairlearn; assert fairlearn.__version__ == "0.15.0"']);
  const found = [process.env['PROOFWARD_PYTHON'], own, 'python3'].find(
    (python) => python !== undefined && works(python),
  );
  if (found !== undefined) return { python: found };
  if (!run('python3', ['--version'])) return { missing: 'there is no python3' };
  if (!existsSync(own) && !run('python3', ['-m', 'venv', room]))
    return { missing: 'python3 makes no environment (venv)' };
  const requirements = at('../../python/requirements.txt');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  if (!run(own, install) || !works(own)) return { missing: 'pip does not get fairlearn 0.15.0' };
  return { python: own };
}

function run(command: string, options: readonly string[]): boolean {
  return spawnSync(command, options, { stdio: 'ignore', timeout: 240_000 }).status === 0;
}

/** Counts of two to five groups; the same ones in every run. Zeros are left to other tests: fairlearn takes 0/0 for 0. */
function tables(number: number): number[][][] {
  let state = 6;
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  return Array.from({ length: number }, () => {
    const scale = 10 ** (1 + random(5));
    return Array.from({ length: 2 + random(4) }, () => Array.from({ length: 4 }, () => 1 + random(scale)));
  });
}

function evidenceOf(table: number[][]): FairnessEvidence {
  const groups = table.map(([tp = 0, fp = 0, fn = 0, tn = 0], index) => ({
    group: { group: `${index}` },
    tp,
    fp,
    fn,
    tn,
  }));
  return { form: 'confusion-counts', groups };
}

const found = findPython();
const title = 'missing' in found ? `NOT COMPARED WITH fairlearn, because ${found.missing}` : 'the metrics';

describe(title, () => {
  (('missing' in found ? it.skip : it) as typeof it)(
    'are those of fairlearn 0.15 to nine digits, on 100 tables',
    () => {
      const python = 'missing' in found ? '' : found.python;
      const sample = tables(100);
      const { stdout, stderr, status } = spawnSync(python, [at('../../python/fairness.py')], {
        input: JSON.stringify(sample),
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
      });
      expect([status, stderr]).toEqual([0, expect.anything()]);
      const theirs = JSON.parse(stdout) as Record<string, number>[];
      expect(theirs).toHaveLength(sample.length);
      const differing = sample.flatMap((table, index) => {
        const values = Object.entries(theirs[index] ?? {});
        const criteria = values.map(([metric]) => ({ metric, gate: 'point' as const, threshold: '0' }));
        const ours = recomputeFairness(evidenceOf(table), { criteria, minimumGroupSize: 1 }).metrics;
        return values
          .map(([metric, value], place) => ({ table, metric, theirs: value, ours: Number(ours[place]?.value) }))
          .filter((pair) => !(Math.abs(pair.theirs - pair.ours) <= 5e-10));
      });
      expect(differing).toEqual([]);
    },
    300_000,
  );
});
