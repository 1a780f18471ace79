import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { LedgerFault, messageOf } from '../errors.js';
import { ledgerConfig, type ReadConfig, type ReadOrganization } from './schema.js';

/** Reads YAML or JSON (which is YAML too); paths are relative to the file. */
export function readConfig(file: string): ReadConfig {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new LedgerFault(
      'CONFIG_INVALID',
      `cannot read the configuration ${file} (${firstLine(messageOf(cause))})`,
      'give a readable YAML or JSON file with --config',
      { cause },
    );
  }
  return checkConfig(content, file);
}

/** `file` is what errors name and what paths are relative to. */
export function checkConfig(content: unknown, file: string): ReadConfig {
  const read = ledgerConfig.safeParse(content);
  if (!read.success) {
    throw new LedgerFault(
      'CONFIG_INVALID',
      `${file}: ${describe(read.error.issues[0])}`,
      'correct it; ledger/README.md lists the fields',
    );
  }
  const config = absolute(read.data, dirname(resolve(file)));
  checkNames(file, config);
  return config;
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'not a configuration';
  const at = (path: readonly PropertyKey[]): string => path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return `${at([...issue.path, issue.keys[0] ?? ''])}: there is no such field`;
  return `${issue.path.length === 0 ? 'the top level' : at(issue.path)}: ${issue.message}`;
}

function absolute(config: ReadConfig, base: string): ReadConfig {
  const at = (path: string): string => resolve(base, path);
  const maybe = <K extends string>(key: K, path: string | undefined): Partial<Record<K, string>> =>
    path === undefined ? {} : ({ [key]: at(path) } as Record<K, string>);
  const tls = (given: ReadOrganization['peer']['tls']): { tls?: { cert: string; key: string } } =>
    given === undefined ? {} : { tls: { cert: at(given.cert), key: at(given.key) } };
  const organization = ({ mspId, msp, peer }: ReadOrganization): ReadOrganization => ({
    mspId,
    ...maybe('msp', msp),
    peer: {
      ...(peer.listen === undefined ? {} : { listen: peer.listen }),
      ...(peer.address === undefined ? {} : { address: peer.address }),
      ...maybe('msp', peer.msp),
      ...tls(peer.tls),
      ...maybe('disabledFile', peer.disabledFile),
    },
  });
  return {
    ...config,
    data: at(config.data),
    organizations: config.organizations.map(organization),
    orderer: {
      mspId: config.orderer.mspId,
      ...maybe('msp', config.orderer.msp),
      node: maybe('msp', config.orderer.node.msp),
      ...(config.orderer.listen === undefined ? {} : { listen: config.orderer.listen }),
      ...tls(config.orderer.tls),
    },
    chaincodes: config.chaincodes.map((chaincode) =>
      chaincode.collections === undefined ? chaincode : { ...chaincode, collections: at(chaincode.collections) },
    ),
  };
}

function checkNames(file: string, config: ReadConfig): void {
  const invalid = (what: string, remedy: string): LedgerFault =>
    new LedgerFault('CONFIG_INVALID', `${file}: ${what}`, remedy);
  const mspIds = config.organizations.map(({ mspId }) => mspId);
  const addresses = [...config.organizations.map(({ peer }) => peer), config.orderer].flatMap(({ listen }) =>
    listen === undefined || listen.endsWith(':0') ? [] : [listen],
  );
  for (const [what, names] of [
    ['organization', [...mspIds, config.orderer.mspId]],
    ['chaincode', config.chaincodes.map((chaincode) => chaincode.name)],
    ['address', addresses],
  ] as const) {
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw invalid(`the ${what} ${twice} is there twice`, 'give each its own');
  }
  for (const [i, { msp, peer }] of config.organizations.entries()) {
    if (msp === undefined && peer.msp !== undefined)
      throw invalid(
        `organizations.${i}.peer.msp: the peer is given, but not the organization that issued its certificate`,
        'give msp too, or leave both out',
      );
  }
  if (config.orderer.msp === undefined && config.orderer.node.msp !== undefined)
    throw invalid(
      'orderer.node.msp: the node is given, but not the organization that issued its certificate',
      'give orderer.msp too, or leave both out',
    );
  for (const [i, { name, endpoints }] of config.chaincodes.entries()) {
    const unknown = Object.keys(endpoints).find((mspId) => !mspIds.includes(mspId));
    if (unknown !== undefined)
      throw invalid(
        `chaincodes.${i}.endpoints.${unknown}: chaincode ${name} has an endpoint for ${unknown}, which is no organization here`,
        'name one of organizations',
      );
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
