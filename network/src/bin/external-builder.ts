/**
 * Fabric's external builder interface for chaincode as a service: `detect SOURCE METADATA`,
 * `build SOURCE METADATA OUTPUT`, `release OUTPUT RELEASE`. There is no `run`: the chaincode runs already.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fillConnection } from '../fabric/connection.js';

const metadataSchema = z.looseObject({ type: z.string() });
const settingsSchema = z.record(z.string(), z.string());

const [step, ...folders] = process.argv.slice(2);

switch (step) {
  case 'detect': {
    const metadata = metadataSchema.parse(JSON.parse(readFileSync(join(folder(1), 'metadata.json'), 'utf8')));
    process.exitCode = metadata.type === 'ccaas' ? 0 : 1;
    break;
  }
  case 'build': {
    const settings = settingsSchema.parse(JSON.parse(process.env['CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG'] ?? '{}'));
    const template = readFileSync(join(folder(0), 'connection.json'), 'utf8');
    writeFileSync(join(folder(2), 'connection.json'), fillConnection(template, settings));
    copyIndexes(folder(0), folder(2), 'META-INF');
    break;
  }
  case 'release': {
    const server = join(folder(1), 'chaincode', 'server');
    mkdirSync(server, { recursive: true });
    cpSync(join(folder(0), 'connection.json'), join(server, 'connection.json'));
    copyIndexes(join(folder(0), 'META-INF'), folder(1), 'statedb');
    break;
  }
  default:
    process.stderr.write('usage: external-builder detect|build|release FOLDER...\n');
    process.exitCode = 2;
}

function folder(index: number): string {
  const path = folders[index];
  if (path === undefined) throw new Error(`${step ?? ''}: folder ${index + 1} is missing`);
  return path;
}

function copyIndexes(from: string, to: string, name: string): void {
  if (existsSync(join(from, name))) cpSync(join(from, name), join(to, name), { recursive: true });
}
