import { parseArgs } from 'node:util';

const help = `Random transactions, the same on real Fabric and on the embedded ledger: what comes of them must be equal.

    npm run fuzz:ledger -- [--rounds N] [--seed S]

  --rounds N       so many rounds of a few transactions each (100)
  --seed S         what is random follows from it and from the round's number (1)
  --first K        the first round's number, to go on where another run ended (0)
  --batch B        so many rounds are done at a time, interleaved with each other (40)
  --base-port P    of ports for both networks, 1000 from there (24000)
  --json FILE      what was tried, and every difference in full
  --no-shrink      a round that differs is not made smaller

Both networks are begun anew in .proofward/fuzz-*, and kept when something differs. FABRIC_BIN says where Fabric's programs
are. It ends with 0, or with 1 and the differences, and with the smallest part of a round that still differs.`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    batch: { type: 'string', default: '40' },
    'base-port': { type: 'string', default: '24000' },
    json: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const number = (name: 'rounds' | 'seed' | 'first' | 'batch' | 'base-port'): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`fuzz: --${name} is a whole number, not ${values[name]}\n`);
  process.exit(2);
};

// What runs the networks is loaded now only: a library deep in it reads this process's arguments too, and answers --help.
const { fuzz } = await import('./run.js');
process.exitCode = await fuzz({
  rounds: number('rounds'),
  seed: number('seed'),
  first: number('first'),
  batch: number('batch'),
  basePort: number('base-port'),
  json: values.json,
  shrinks: !values['no-shrink'],
});
