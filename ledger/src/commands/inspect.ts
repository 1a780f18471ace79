import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readBlocks } from '../block/block-reader.js';
import { readConfig } from '../config/read-config.js';
import { LedgerFault } from '../errors.js';
import { readBlock } from '../inspect/read-block.js';
import type { ShownBlock } from '../inspect/shown.js';
import { blockText } from '../inspect/text.js';
import { readArguments, wrongUsage } from './arguments.js';

export const INSPECT_USAGE =
  'ledger inspect (--data DIR | --config FILE) [--block N | --from N --to M] [--tx ID] [--json]';

/** Prints blocks of a ledger, running or not: it only reads, and what it reads is only ever appended to. */
export async function inspect(args: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments(
    args,
    {
      data: { type: 'string' },
      config: { type: 'string' },
      block: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      tx: { type: 'string' },
      json: { type: 'boolean' },
    },
    INSPECT_USAGE,
  );
  if (positionals[0] !== undefined) throw wrongUsage(`unexpected argument ${positionals[0]}`, INSPECT_USAGE);
  if ((values.data === undefined) === (values.config === undefined))
    throw wrongUsage('name the ledger by --data or by --config', INSPECT_USAGE);
  if (values.block !== undefined && (values.from !== undefined || values.to !== undefined))
    throw wrongUsage('--block is one block, --from and --to are several', INSPECT_USAGE);
  const folder = values.data === undefined ? readConfig(values.config ?? '').data : resolve(values.data);
  const file = join(folder, 'blocks');
  if (!existsSync(file)) {
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `${folder} has no blocks`,
      'name the data folder of a ledger that was started once',
    );
  }
  const one = numberOf('block', values.block);
  const from = one ?? numberOf('from', values.from) ?? 0;
  const to = one ?? numberOf('to', values.to);
  let found = 0;
  for await (const block of chosen(file, from, to, values.tx)) {
    const text =
      values.json === true ? `${found === 0 ? '[' : ','}\n${JSON.stringify(block, null, 2)}` : blockText(block);
    await print(found > 0 && values.json !== true ? `\n${text}` : text);
    found++;
  }
  if (values.json === true) await print(found === 0 ? '[]\n' : '\n]\n');
  if (found > 0 || (values.block === undefined && values.tx === undefined)) return;
  throw new LedgerFault(
    'NOT_FOUND',
    values.tx === undefined
      ? `${folder} has no block ${values.block ?? ''}`
      : `${folder} has no transaction ${values.tx}`,
    'it may not be committed yet',
  );
}

async function* chosen(
  file: string,
  from: number,
  to: number | undefined,
  transaction: string | undefined,
): AsyncGenerator<ShownBlock> {
  for await (const raw of readBlocks(file, from, to)) {
    const block = readBlock(raw);
    if (transaction === undefined) yield block;
    else {
      const transactions = block.transactions.filter(({ id }) => id === transaction);
      if (transactions.length > 0) yield { ...block, transactions };
    }
  }
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw wrongUsage(`--${name}: ${text} is not the number of a block`, INSPECT_USAGE);
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
