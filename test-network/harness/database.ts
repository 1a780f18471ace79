import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from '@proofward/network';
import pg from 'pg';

/** Kills the database server itself, as a power cut would, not the process that looks after it. */
export async function killDatabase(stack: Stack): Promise<void> {
  const [pid] = (await readFile(join(stack.network.stateDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8')).split(
    '\n',
  );
  process.kill(Number(pid), 'SIGKILL');
}

/** Everything in an organisation's read model, as text. */
export async function dumpDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const dumps: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      dumps.push(...rows.map(({ row }) => row));
    }
    return dumps.join('\n');
  } finally {
    await client.end();
  }
}
