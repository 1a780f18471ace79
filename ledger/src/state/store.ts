import { mkdir } from 'node:fs/promises';
import { ClassicLevel, type Snapshot } from 'classic-level';
import { diskFault, errorCode, LedgerFault } from '../errors.js';
import type { Store } from './public-state.js';

/**
 * Reads one key on this thread. The answer is nearly always in memory, LevelDB's or the system's, and handing such a
 * read to another thread and back costs many times what the read does. A promise, so that callers fail alike.
 */
export async function point(store: Store, key: Buffer, snapshot?: Snapshot): Promise<Buffer | undefined> {
  return Promise.resolve(store.getSync(key, snapshot === undefined ? {} : { snapshot }));
}

export async function openStore(path: string): Promise<Store> {
  const store: Store = new ClassicLevel(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  try {
    await mkdir(path, { recursive: true });
    await store.open();
    return store;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.cause ?? cause) : cause;
    switch (errorCode(reason)) {
      case 'LEVEL_LOCKED':
        throw new LedgerFault(
          'ALREADY_RUNNING',
          `${path} is in use by another process`,
          'stop the ledger that runs on this data folder, or give this one another',
          { cause },
        );
      case 'LEVEL_CORRUPTION':
      case 'LEVEL_INVALID_ARGUMENT':
        throw new LedgerFault(
          'DATA_TORN',
          `the database ${path} is damaged`,
          'restore the data folder from a copy, or start with an empty one',
          { cause },
        );
      default:
        throw diskFault(path, reason);
    }
  }
}
