import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres, stopPostgres } from './server.js';

describe('the PostgreSQL of a gateway', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'proofward-postgres-'));
  afterAll(async () => {
    await stopPostgres({ dataDir });
    rmSync(dataDir, { recursive: true, force: true });
  });
  const ask = async (connectionString: string, text: string): Promise<unknown> => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows[0];
    } finally {
      await client.end();
    }
  };

  it('starts, is found by a second start, comes back after a kill with what it had, and stops', async () => {
    const [server, again] = await Promise.all([startPostgres({ dataDir }), startPostgres({ dataDir })]);
    expect([server.started, again.started].sort()).toEqual([false, true]);
    expect(again.port).toBe(server.port);
    const owner = server.started ? server : again;

    const url = await server.createDatabase('one');
    expect(await again.createDatabase('one')).toBe(url);
    await ask(url, 'create table kept as select 7 as x');
    expect(await ask(url, 'show listen_addresses')).toEqual({ listen_addresses: '127.0.0.1' });
    expect(await ask(url, 'show fsync')).toEqual({ fsync: 'on' });
    await expect(ask(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow('password');

    const before = owner.pid ?? 0;
    process.kill(before, 'SIGKILL');
    for (
      let wait = 0;
      wait < 200 && (owner.pid === before || (await ask(url, 'select 1').catch(() => undefined)) === undefined);
      wait++
    ) {
      await delay(50);
    }
    expect(await ask(url, 'select x from kept')).toEqual({ x: 7 });

    await again.stop();
    await server.stop();
    expect(await stopPostgres({ dataDir })).toBe(false);
  }, 60_000);

  it('its password is for its owner only', () => {
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).not.toContain(
      readFileSync(join(dataDir, 'password'), 'utf8'),
    );
  });
});
