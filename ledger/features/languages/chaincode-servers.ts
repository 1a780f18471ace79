import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { eventually } from '../consortium/waiting.js';
import type { Language } from './toolchains.js';

const START_TIMEOUT_MS = 60_000;

export interface ServedChaincode {
  readonly language: Language;
  readonly packageId: string;
  /** The address by MSP id. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/** A process for each organisation of each chaincode. */
export class ChaincodeServers {
  private constructor(private readonly processes: readonly ChildProcess[]) {}

  static async start(chaincodes: readonly ServedChaincode[]): Promise<ChaincodeServers> {
    const processes: ChildProcess[] = [];
    const servers = new ChaincodeServers(processes);
    try {
      const addresses: string[] = [];
      for (const { language, packageId, endpoints } of chaincodes) {
        for (const [mspId, address] of Object.entries(endpoints)) {
          const { program, args } = language.server(packageId, mspId, address);
          processes.push(spawn(program, args, { stdio: 'ignore', env: environment(packageId, mspId, address) }));
          addresses.push(address);
        }
      }
      await eventually(async () => {
        await Promise.all(addresses.map(listening));
      }, START_TIMEOUT_MS);
      return servers;
    } catch (cause) {
      await servers.stop();
      throw cause;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.processes.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exit = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await exit;
      }),
    );
  }
}

/** What the shims and the usual main programs of chaincode servers read. */
function environment(packageId: string, mspId: string, address: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    CHAINCODE_ID: packageId,
    CORE_CHAINCODE_ID_NAME: packageId,
    CHAINCODE_SERVER_ADDRESS: address,
    CORE_PEER_LOCALMSPID: mspId,
    CORE_PEER_TLS_ENABLED: 'false',
  };
  delete env['NODE_OPTIONS'];
  return env;
}

async function listening(address: string): Promise<void> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
