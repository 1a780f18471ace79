import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';

/** As after a failed machine: the blocks and the private write sets are on disk, the state that follows from them is not. */
export async function writeBlocksOnly(data: string): Promise<void> {
  rmSync(join(data, 'state'), { recursive: true });
  for (const mspId of readdirSync(join(data, 'private'))) {
    const store = new ClassicLevel<Buffer, Buffer>(join(data, 'private', mspId), {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    await store.clear({ gte: Buffer.from('s'), lt: Buffer.from('t') });
    await store.del(Buffer.from('!savepoint'));
    await store.close();
  }
}
