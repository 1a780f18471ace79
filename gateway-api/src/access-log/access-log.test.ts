import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { formatTime } from '@proofward/evidence';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Database } from '../database/database.js';
import type { Caller } from '../identity/authenticator.js';
import { type PostgresServer, startPostgres } from '../postgres/server.js';
import { readAccesses } from '../queries/accesses.js';
import { AccessLog } from './access-log.js';

const folder = mkdtempSync(join(tmpdir(), 'proofward-access-log-'));
const log = pino({ level: 'silent' });
let postgres: PostgresServer;
let database: Database;

const caller = (name: string, ...reads: string[]): Caller => ({
  name,
  role: 'reader',
  identity: 'reader',
  scopes: ['records:read', 'private:read'],
  reads: new Set(reads),
});
const [one, two, three] = ['model:a/b@1', 'model:a/b@2', 'dataset:a/c@1'] as const;

beforeAll(async () => {
  postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
  database = new Database(await postgres.createDatabase('access'), log);
  await database.migrate();
}, 60_000);
afterAll(async () => {
  await database.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await database.query('truncate access_log');
});

async function read(query: Record<string, string> | [string, string][] = {}, limit = 50, cursor?: string) {
  return readAccesses(database, new URLSearchParams(query), limit, cursor);
}

describe('the access log', () => {
  it('has an entry for each record that a request was shown, and each once', async () => {
    const written = new AccessLog(database, 1, log);
    const asking = caller('key-1', one, two);
    await written.write(asking, 'listModels');
    expect(asking.reads.size).toBe(0);
    await written.write(asking, 'listModels');
    await written.write(caller('key-2', three), 'getDataset');
    const { accesses, next } = await read();
    expect(accesses.map(({ caller: name, operation, record }) => [name, operation, record])).toEqual([
      ['key-2', 'getDataset', three],
      ['key-1', 'listModels', two],
      ['key-1', 'listModels', one],
    ]);
    expect(next).toBeUndefined();
  });

  it('is asked by record, caller, role, operation and time', async () => {
    const written = new AccessLog(database, 1, log);
    await written.write(caller('key-1', one, two), 'listModels');
    await written.write(caller('key-2', one), 'getModel');
    const found = async (query: Record<string, string> | [string, string][]) =>
      (await read(query)).accesses.map(({ caller: name, record }) => `${name} ${record}`);
    expect(await found({ record: one })).toEqual([`key-2 ${one}`, `key-1 ${one}`]);
    expect(await found({ record: one, caller: 'key-1' })).toEqual([`key-1 ${one}`]);
    expect(
      await found([
        ['record', two],
        ['record', three],
      ]),
    ).toEqual([`key-1 ${two}`]);
    expect(await found({ operation: 'getModel', role: 'reader' })).toEqual([`key-2 ${one}`]);
    expect(await found({ role: 'admin' })).toEqual([]);
    expect(await found({ from: '2999-01-01' })).toEqual([]);
    expect(await found({ to: '2999-01-01' })).toHaveLength(3);
    expect(await found({ from: '2020-01-01T00:00:00+01:00' })).toHaveLength(3);
    await expect(read({ record: 'x' })).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    await expect(read({ role: 'root' })).rejects.toMatchObject({ code: 'INVALID_FIELD' });
  });

  it('goes on from a cursor of the same list, whatever is written in between', async () => {
    const written = new AccessLog(database, 1, log);
    for (let index = 0; index < 5; index++) await written.write(caller(`key-${index}`, one), 'getModel');
    const first = await read({ record: one }, 2);
    await written.write(caller('key-5', one), 'getModel');
    const second = await read({ record: one }, 2, first.next);
    const third = await read({ record: one }, 2, second.next);
    const names = [first, second, third].flatMap(({ accesses }) => accesses.map(({ caller: name }) => name));
    expect(names).toEqual(['key-4', 'key-3', 'key-2', 'key-1', 'key-0']);
    expect(third.next).toBeUndefined();
    await expect(read({}, 2, first.next)).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    await expect(read({}, 2, 'x')).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
  });

  it('refuses the read where the entry cannot be written, after two seconds and not later', async () => {
    const written = new AccessLog(database, 1, log);
    await database.transaction(async (locked) => {
      await locked('lock table access_log in access exclusive mode');
      const before = performance.now();
      await expect(written.write(caller('key-1', one), 'getModel')).rejects.toMatchObject({
        status: 503,
        code: 'ACCESS_LOG_UNAVAILABLE',
      });
      expect(performance.now() - before).toBeLessThan(4_000);
      // Who is shown nothing private waits for nothing.
      await written.write(caller('key-1'), 'getModel');
    });
    const nowhere = new AccessLog({ query: () => Promise.reject(new Error('disk full')) }, 1, log);
    await expect(nowhere.write(caller('key-1', one), 'getModel')).rejects.toMatchObject({
      code: 'ACCESS_LOG_UNAVAILABLE',
    });
  });

  it('forgets what is older than it is to be kept', async () => {
    const days = (count: number) => formatTime(Date.now() - count * 86_400_000);
    await database.query(
      `insert into access_log (at, caller, identity, role, operation, record)
       select $1, 'old', 'x', 'reader', 'getModel', $3 from generate_series(1, 25000)
       union all select $2, 'new', 'x', 'reader', 'getModel', $3`,
      [days(31), days(29), one],
    );
    const kept = new AccessLog(database, 30, log);
    const running = kept.run();
    kept.stop();
    await running;
    expect((await read()).accesses.map(({ caller: name }) => name)).toEqual(['new']);
  });

  it('is read by indexes', async () => {
    await database.query(
      `insert into access_log (at, caller, identity, role, operation, record)
       select '2026-01-01T00:00:00.000Z', 'key-' || n % 100, 'x', 'reader', 'getModel', 'model:a/' || n % 1000 || '@1'
       from generate_series(1, 20000) n`,
    );
    await database.query('analyze access_log');
    for (const condition of [`record = any(array['model:a/7@1'])`, `caller = any(array['key-7'])`, `at >= '2026'`]) {
      const plan = await database.query(
        `explain select 1 from access_log where ${condition} order by at desc, id desc limit 51`,
      );
      expect(JSON.stringify(plan)).not.toContain('Seq Scan');
    }
  });
});
