import { dirname } from 'node:path';
import { NetworkError } from '../errors.js';
import { requireFabric } from '../fabric/binaries.js';
import { openNetwork } from '../network.js';
import { StateLayout } from '../state/layout.js';
import { type NetworkShape, readShape, type TargetName } from '../state/shape.js';
import { defaultTarget } from '../targets.js';
import { loadTopology, type TopologyOptions } from '../topology/load.js';
import { type Arguments, parseArguments, usage, UsageError } from './arguments.js';
import { showLogs } from './logs.js';
import { printProgress } from './progress.js';
import { printStatus } from './status.js';

/** Answers the exit status: 0 done, 1 failed, 2 not understood. */
export async function main(words: string[]): Promise<number> {
  try {
    await perform(parseArguments(words));
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      say(`${error.message}\n${usage}`);
      return 2;
    }
    if (error instanceof NetworkError) {
      say(error.message);
      return 1;
    }
    throw error;
  }
}

async function perform(parameters: Arguments): Promise<void> {
  if (parameters.verb === 'binaries') {
    const { version, binaries } = await requireFabric();
    process.stdout.write(`Hyperledger Fabric ${version} in ${dirname(binaries.peer)}\n`);
    return;
  }
  const { target, stateDir, made } = await chooseState(parameters);
  const topology = loadTopology({ ...(made === undefined ? {} : ofState(made)), ...parameters });
  const network = await openNetwork({ topology, target, stateDir, report: printProgress });
  switch (parameters.verb) {
    case 'up':
      say(`target ${target}: ${network.description}`);
      await network.up();
      say(`${topology.organizations.length} organisations on channel ${topology.channel}, state in ${stateDir}`);
      return;
    case 'deploy':
      await network.deploy();
      return;
    case 'down': {
      const stopped = await network.down({ fresh: parameters.fresh });
      say(stopped.length === 0 ? 'nothing was running' : `stopped ${stopped.join(', ')}`);
      if (parameters.fresh) say(`forgot the network in ${stateDir}`);
      return;
    }
    case 'status':
      await printStatus(network);
      return;
    case 'logs':
      await showLogs(network, parameters);
  }
}

interface ChosenState {
  target: TargetName;
  stateDir: string;
  made: NetworkShape | undefined;
}

/** A state folder keeps the target that it was made for, whatever binaries are found today. */
async function chooseState({ verb, target, state, fresh }: Arguments): Promise<ChosenState> {
  const found = defaultTarget();
  // What is to be forgotten need not be readable.
  const shapeIn = (stateDir: string) =>
    readShape(new StateLayout(stateDir)).catch((error: unknown) => {
      if (fresh) return undefined;
      throw error;
    });
  const targets: TargetName[] = target === undefined ? [found, found === 'fabric' ? 'embedded' : 'fabric'] : [target];
  if (state !== undefined || verb !== 'up') {
    for (const candidate of targets) {
      const stateDir = state ?? defaultState(candidate);
      const made = await shapeIn(stateDir);
      if (made !== undefined) return { target: target ?? made.target, stateDir, made };
    }
  }
  const chosen = target ?? found;
  if (target === undefined && verb === 'up') {
    say(`target ${found}, for ${found === 'fabric' ? 'Fabric' : 'no Fabric'} binaries are in FABRIC_BIN or on PATH`);
  }
  const stateDir = state ?? defaultState(chosen);
  return { target: chosen, stateDir, made: await shapeIn(stateDir) };
}

function ofState({ source, basePort }: NetworkShape): TopologyOptions {
  return { consortium: source, basePort };
}

function defaultState(target: TargetName): string {
  return `.proofward/${target}`;
}

function say(text: string): void {
  process.stderr.write(`network: ${text}\n`);
}
