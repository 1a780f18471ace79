import { open, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetworkError } from '../errors.js';
import type { Network } from '../network.js';
import { tail } from '../process/log.js';

const lookEveryMs = 300;
const shownLines = 20;

export async function showLogs(
  network: Network,
  { process: wanted, follow }: { process?: string; follow: boolean },
): Promise<void> {
  const { logs } = network.layout;
  const all = (await readdir(logs).catch(() => []))
    .filter((file) => file.endsWith('.log'))
    .map((file) => file.slice(0, -4));
  if (wanted !== undefined && !all.includes(wanted)) {
    throw new NetworkError(
      'PROCESS_UNKNOWN',
      `no log of ${wanted} in ${logs}`,
      `there are: ${all.join(', ') || 'none'}`,
    );
  }
  const names = wanted === undefined ? all : [wanted];
  await Promise.all(
    names.map((name) => showOne(network.layout.log(name), names.length > 1 ? `${name}: ` : '', follow)),
  );
}

async function showOne(path: string, prefix: string, follow: boolean): Promise<void> {
  const print = (text: string) => {
    for (const line of text.split('\n')) if (line !== '') process.stdout.write(`${prefix}${line}\n`);
  };
  const file = await open(path, 'r');
  try {
    let { size: offset } = await file.stat();
    print((await tail(path)).trimEnd().split('\n').slice(-shownLines).join('\n'));
    let partial = '';
    while (follow) {
      await sleep(lookEveryMs);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, undefined, offset);
      offset += bytesRead;
      const lines = (partial + buffer.subarray(0, bytesRead).toString('utf8')).split('\n');
      partial = lines.pop() ?? '';
      print(lines.join('\n'));
    }
  } finally {
    await file.close();
  }
}
