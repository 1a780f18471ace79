import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { LedgerFault, messageOf } from '../errors.js';
import { ledgerConfig, type ResolvedConfig } from './schema.js';

/** Reads YAML or JSON (which is YAML too); paths are relative to the file. */
export function readConfig(file: string): ResolvedConfig {
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
  const read = ledgerConfig.safeParse(content);
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? 'the top level' : issue.path.join('.');
    throw new LedgerFault(
      'CONFIG_INVALID',
      `${file}: ${where}: ${issue?.message ?? 'not a configuration'}`,
      'correct it; ledger/README.md lists the fields',
    );
  }
  const config = absolute(read.data, dirname(resolve(file)));
  checkNames(file, config);
  return config;
}

function absolute(config: ResolvedConfig, base: string): ResolvedConfig {
  const at = (path: string): string => resolve(base, path);
  return {
    ...config,
    data: at(config.data),
    organizations: config.organizations.map(({ mspId, msp, peer }) => ({
      mspId,
      msp: at(msp),
      peer: {
        listen: peer.listen,
        msp: at(peer.msp),
        tls: { cert: at(peer.tls.cert), key: at(peer.tls.key) },
        ...(peer.disabledFile === undefined ? {} : { disabledFile: at(peer.disabledFile) }),
      },
    })),
    orderer: { mspId: config.orderer.mspId, msp: at(config.orderer.msp), node: { msp: at(config.orderer.node.msp) } },
    chaincodes: config.chaincodes.map((chaincode) =>
      chaincode.collections === undefined ? chaincode : { ...chaincode, collections: at(chaincode.collections) },
    ),
  };
}

function checkNames(file: string, config: ResolvedConfig): void {
  const invalid = (what: string, remedy: string): LedgerFault =>
    new LedgerFault('CONFIG_INVALID', `${file}: ${what}`, remedy);
  const mspIds = config.organizations.map(({ mspId }) => mspId);
  for (const [what, names] of [
    ['organization', mspIds],
    ['chaincode', config.chaincodes.map((chaincode) => chaincode.name)],
    ['peer address', config.organizations.map(({ peer }) => peer.listen)],
  ] as const) {
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw invalid(`the ${what} ${twice} is there twice`, 'give each its own');
  }
  for (const { name, endpoints } of config.chaincodes) {
    const unknown = Object.keys(endpoints).find((mspId) => !mspIds.includes(mspId));
    if (unknown !== undefined)
      throw invalid(
        `chaincode ${name} has an endpoint for ${unknown}, which is no organization here`,
        'name one of organizations',
      );
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
