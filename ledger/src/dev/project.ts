import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LedgerFault } from '../errors.js';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** A chaincode folder in one of Fabric's languages: how it is built, and how it is served. */
export interface Project {
  readonly language: 'Go' | 'Java' | 'Node';
  /** Run one after the other, in the folder. */
  readonly build: readonly Command[];
  /** After a build. Address and id are in the environment too. */
  readonly serve: (address: string, id: string) => Command;
}

/** `outputs` is a folder for what is built, where the language has no place of its own for it. */
export function projectIn(folder: string, outputs: string): Project {
  const has = (name: string): boolean => existsSync(join(folder, name));
  if (has('go.mod')) return goProject(join(outputs, 'chaincode'));
  if (has('build.gradle') || has('build.gradle.kts'))
    return javaProject(folder, join('build', 'libs'), {
      program: has('gradlew') ? join(folder, 'gradlew') : 'gradle',
      args: ['--quiet', '--console=plain', 'shadowJar'],
    });
  if (has('pom.xml'))
    return javaProject(folder, 'target', { program: 'mvn', args: ['-q', '-B', '-DskipTests', 'package'] });
  if (has('package.json')) return nodeProject(folder);
  throw new LedgerFault(
    'CONFIG_INVALID',
    `${folder} is not a chaincode folder`,
    'name one with a go.mod, package.json, build.gradle or pom.xml in it',
  );
}

function goProject(binary: string): Project {
  return {
    language: 'Go',
    build: [{ program: 'go', args: ['build', '-o', binary, '.'] }],
    serve: () => ({ program: binary, args: [] }),
  };
}

function javaProject(folder: string, libraries: string, build: Command): Project {
  return {
    language: 'Java',
    build: [build],
    serve: () => ({ program: 'java', args: ['-jar', jarIn(join(folder, libraries))] }),
  };
}

/** `chaincode.jar`, as Fabric's own builder expects it, or else the largest: the one with its dependencies. */
function jarIn(folder: string): string {
  const jars = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jar')) : [];
  if (jars.includes('chaincode.jar')) return join(folder, 'chaincode.jar');
  const [largest] = jars.map((name) => join(folder, name)).sort((a, b) => statSync(b).size - statSync(a).size);
  if (largest !== undefined) return largest;
  throw new LedgerFault(
    'CONFIG_INVALID',
    `the build left no jar in ${folder}`,
    'have it make a jar with all dependencies and a main class, named chaincode.jar',
  );
}

function nodeProject(folder: string): Project {
  const content = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly scripts?: Readonly<Record<string, string>>;
  };
  const locked = existsSync(join(folder, 'package-lock.json')) || existsSync(join(folder, 'npm-shrinkwrap.json'));
  const build: Command[] = [];
  if (shimOf(folder) === undefined)
    build.push({ program: 'npm', args: [locked ? 'ci' : 'install', '--no-audit', '--no-fund'] });
  if (content.scripts?.['build'] !== undefined) build.push({ program: 'npm', args: ['run', '--silent', 'build'] });
  return {
    language: 'Node',
    build,
    serve: (address, id) => {
      const shim = shimOf(folder);
      if (shim === undefined) {
        throw new LedgerFault(
          'CONFIG_INVALID',
          `${join(folder, 'package.json')} does not depend on fabric-shim`,
          'install fabric-shim and fabric-contract-api there',
        );
      }
      return {
        program: process.execPath,
        args: [shim, 'server', `--chaincode-address=${address}`, `--chaincode-id=${id}`],
      };
    },
  };
}

/** The program of the folder's own fabric-shim, wherever npm put it. */
function shimOf(folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'package.json')).resolve('fabric-shim/cli.js');
  } catch {
    return undefined;
  }
}
