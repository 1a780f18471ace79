import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { LedgerFault } from '../errors.js';
import { freePort } from '../peer/listen-address.js';
import type { Project } from './project.js';

const START_TIMEOUT_MS = 60_000;
const HOST = '127.0.0.1';
/** Ends the server when standard input ends, which it does also when the ledger is killed. */
const GUARD = 'exec 3<&0; "$@" 3<&- & server=$!; { cat; kill -9 $server; } <&3 >/dev/null 2>&1 & wait $server';

/** The chaincode server of one organisation, as a process of its own. */
export class ServerProcess {
  private stopped = false;

  private constructor(
    readonly mspId: string,
    readonly address: string,
    private readonly child: ChildProcess,
  ) {}

  /** Returns when it listens; `ended` is told when it ends by itself after that. */
  static async start(
    project: Project,
    folder: string,
    mspId: string,
    id: string,
    ended: (how: string) => void,
  ): Promise<ServerProcess> {
    const address = `${HOST}:${await freePort(HOST)}`;
    const { program, args } = project.serve(address, id);
    const child = spawn('sh', ['-c', GUARD, 'sh', program, ...args], {
      cwd: folder,
      // A server in the process group of its own does not see Ctrl-C before the ledger has let it go.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        CHAINCODE_SERVER_ADDRESS: address,
        CHAINCODE_ID: id,
        CORE_CHAINCODE_ID_NAME: id,
        CORE_PEER_LOCALMSPID: mspId,
        CORE_PEER_TLS_ENABLED: 'false',
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        process.stderr.write(bytes.toString().replace(/^(?=.)/gm, `[${mspId}] `));
      });
    }
    const server = new ServerProcess(mspId, address, child);
    try {
      await server.listening(program);
    } catch (cause) {
      server.stop();
      throw cause;
    }
    child.once('exit', (code, signal) => {
      child.stdin.destroy();
      if (!server.stopped) ended(`the chaincode of ${mspId} ended with ${code ?? signal ?? 'nothing'}`);
    });
    return server;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  stop(): void {
    this.stopped = true;
    if (this.child.pid === undefined || !this.isRunning) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It ended by itself a moment ago.
    }
  }

  private async listening(program: string): Promise<void> {
    let failure: string | undefined;
    this.child.once('error', (error) => {
      failure = `cannot run ${program} (${error.message})`;
    });
    this.child.once('exit', (code, signal) => {
      failure ??= `the chaincode ended with ${code ?? signal ?? 'nothing'} before it listened on ${this.address}`;
    });
    const end = Date.now() + START_TIMEOUT_MS;
    while (!(await accepts(this.address))) {
      if (failure !== undefined) throw notServed(failure);
      if (Date.now() > end) throw notServed(`the chaincode does not listen on ${this.address}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function notServed(what: string): LedgerFault {
  return new LedgerFault(
    'CHAINCODE_FAILED',
    what,
    'see its output above; it has to serve on CHAINCODE_SERVER_ADDRESS as CHAINCODE_ID (chaincode as a service)',
  );
}

async function accepts(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
