import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetworkError } from '../errors.js';

const loopback = '127.0.0.1';

/** How long a killed process may take to let go of its sockets, in milliseconds. */
const releaseMs = 3000;

/** Refuses a port that somebody listens on, before the process that needs it fails less plainly. */
export async function assertPortFree(port: number, processName: string): Promise<void> {
  const deadline = performance.now() + releaseMs;
  for (;;) {
    try {
      await tryPort(port, processName);
      return;
    } catch (error) {
      // A killed process is gone from the list of processes before its last thread has closed what it had open.
      if (performance.now() > deadline || holderOf(port) !== undefined) throw error;
      await sleep(50);
    }
  }
}

async function tryPort(port: number, processName: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const holder = holderOf(port);
      reject(
        new NetworkError(
          'PORT_IN_USE',
          `port ${port} of ${processName} is taken${holder === undefined ? '' : ` by ${holder}`}`,
          'stop that, or choose other ports with --base-port and a state folder of their own with --state',
          { cause },
        ),
      );
    });
    server.listen({ port, host: loopback, exclusive: true }, () => {
      server.close(() => {
        resolve();
      });
    });
  });
}

export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: loopback });
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => {
      answer(true);
    });
    socket.once('error', () => {
      answer(false);
    });
    socket.setTimeout(1000, () => {
      answer(false);
    });
  });
}

/** "peer node start (pid 4711)", where the system tells: Linux, and only for processes that this user may look into. */
function holderOf(port: number): string | undefined {
  const inode = listeningInode(port);
  if (inode === undefined) return undefined;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (descriptors(pid).includes(`socket:[${inode}]`)) {
      return `${commandOf(pid)} (pid ${pid})`;
    }
  }
  return undefined;
}

/** proc(5), /proc/net/tcp: local address in hexadecimal, state 0A for listening, inode in the tenth column. */
function listeningInode(port: number): string | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of tolerant(() => readFileSync(table, 'utf8'), '').split('\n')) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix) === true && fields[3] === '0A') return fields[9];
    }
  }
  return undefined;
}

/** Program and arguments; the kernel's short name of a Node process says nothing. */
function commandOf(pid: string): string {
  const words = tolerant(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '').split('\0');
  return words.join(' ').trim().slice(0, 120);
}

function descriptors(pid: string): string[] {
  return tolerant(
    () => readdirSync(`/proc/${pid}/fd`).map((fd) => tolerant(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '')),
    [],
  );
}

/** Processes come and go while they are looked at, and some are not ours to look into. */
function tolerant<Value>(look: () => Value, otherwise: Value): Value {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
