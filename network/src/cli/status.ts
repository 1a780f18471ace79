import { consortiumJson, readProposed, sameTerms, wantedTerms } from '../chaincode/definition.js';
import { identifyChaincode } from '../chaincode/package.js';
import type { Network } from '../network.js';
import type { ProcessHandle } from '../process/fleet.js';

/** What runs, how far each peer is, and whether the ledger's definition is the one that the files ask for. */
export async function printStatus(network: Network): Promise<void> {
  print(`${network.target}: ${network.description}`);
  print(`channel ${network.channel}, from ${network.topology.source}, state in ${network.stateDir}`);
  const processes = await network.processes();
  const beside = processes.map(({ name }) => name).filter((name) => !network.names.includes(name));
  for (const name of [...network.names, ...beside]) {
    const found = processes.find((candidate) => candidate.name === name);
    const blocks = runs(network, processes, name) ? await network.height(name) : undefined;
    const facts = [
      ...(found === undefined ? [] : [found.isAlive ? `pid ${found.pid}` : 'ended by itself']),
      ...(found === undefined && network.processNames.includes(name) ? ['does not run'] : []),
      ...(found === undefined || found.ports.length === 0 ? [] : [`ports ${found.ports.join(' ')}`]),
      ...(blocks === undefined ? [] : [`height ${blocks}`]),
      ...(blocks === undefined && !network.processNames.includes(name) && found === undefined ? ['down'] : []),
    ];
    print(`  ${name.padEnd(26)} ${facts.join(', ')}`);
  }
  print(await definitionLine(network));
}

/** Without its own process, whoever answers on a peer's port is of another network. */
function runs(network: Network, processes: ProcessHandle[], name: string): boolean {
  const carrier = network.processNames.includes(name) ? name : 'ledger';
  return processes.some((process) => process.name === carrier && process.isAlive);
}

async function definitionLine(network: Network): Promise<string> {
  const sequence = await network.committedSequence();
  const proposed = await readProposed(network.layout);
  if (sequence === undefined) return 'chaincode: not known, for no peer answers or the Fabric binaries are missing';
  if (sequence === 0 || proposed === undefined) return 'chaincode: none committed';
  const line = `chaincode ${proposed.name} ${proposed.version}, sequence ${sequence}, ${proposed.packageId}`;
  if (proposed.sequence !== sequence) return `${line}: sequence ${proposed.sequence} is proposed and not committed`;
  const packageId = await identifyChaincode(network.bundle, consortiumJson(network.topology));
  const differs = !sameTerms(wantedTerms(network.topology, packageId), proposed);
  return differs
    ? `${line}: org-configs or the bundle ask for another, see \`deploy\``
    : `${line}, as org-configs ask for`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
