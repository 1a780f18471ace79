import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { consortiumSchema } from '@proofward/evidence';
import { parse } from 'yaml';
import type { z } from 'zod';
import { NetworkError } from '../errors.js';
import {
  basePortSchema,
  consortiumDocumentSchema,
  organizationDocumentSchema,
  type ConsortiumDocument,
  type OrganizationDocument,
} from './document.js';
import { planPorts } from './ports.js';
import type { Topology } from './topology.js';

export interface TopologyOptions {
  /** The name of a file in org-configs/ without `.yaml`, or the path of one. Default: `consortium`. */
  consortium?: string;
  /** In place of the file's own, so that two networks run beside each other. */
  basePort?: number;
}

const orgConfigs = resolve(import.meta.dirname, '../../../org-configs');

export function loadTopology(options: TopologyOptions = {}): Topology {
  const source = locate(options.consortium ?? 'consortium');
  const document = read(source, consortiumDocumentSchema);
  const organizations = document.organizations.map((slug) => {
    const file = join(dirname(source), 'organizations', `${slug}.yaml`);
    const organization = read(file, organizationDocumentSchema);
    if (organization.slug !== slug) throw invalid(file, `slug: is ${organization.slug}, but the file is named ${slug}`);
    return organization;
  });
  return assemble(source, document, organizations, options.basePort ?? document.basePort);
}

function assemble(
  source: string,
  document: ConsortiumDocument,
  organizations: OrganizationDocument[],
  basePort: number,
): Topology {
  check(source, basePortSchema, basePort, 'basePort');
  const consortium = check(source, consortiumSchema, {
    channel: document.channel,
    verdictVisibility: document.verdictVisibility,
    organizations: organizations.map(({ slug, mspId, role, status, epochs }) => ({
      slug,
      mspId,
      role,
      status,
      epochs,
    })),
  });
  const { mspId: ordererMspId, nodes, ...batch } = document.ordering;
  if (organizations.some(({ mspId }) => mspId === ordererMspId)) {
    throw invalid(source, `ordering.mspId: ${ordererMspId} is an organisation's`);
  }
  const ports = planPorts(
    basePort,
    nodes,
    organizations.map(({ peers }) => peers),
  );
  return {
    source,
    channel: document.channel,
    basePort,
    databasePort: ports.database,
    chaincode: document.chaincode,
    ordering: {
      mspId: ordererMspId,
      ...batch,
      nodes: ports.orderers.map((orderer, index) => ({ name: `orderer${index}`, ports: orderer })),
    },
    organizations: organizations.flatMap(({ slug, mspId, name, role, identities }, index) => {
      const own = ports.organizations[index];
      if (own === undefined) return [];
      const peers = own.peers.map((peer, number) => ({ name: `peer${number}.${slug}`, slug, mspId, ports: peer }));
      const chaincodeAddresses = { address: `127.0.0.1:${own.chaincode}` };
      const listening = { gatewayPort: own.gateway, chaincodePort: own.chaincode };
      return [{ slug, mspId, name, role, identities, ...listening, chaincodeAddresses, peers }];
    }),
    consortium,
  };
}

function locate(nameOrPath: string): string {
  const isName = /^[A-Za-z0-9_-]+$/.test(nameOrPath);
  const path = isName ? join(orgConfigs, `${nameOrPath}.yaml`) : resolve(nameOrPath);
  if (existsSync(path)) return path;
  const remedy = 'name a file of org-configs/ without .yaml, or give the path of one';
  throw new NetworkError('TOPOLOGY_INVALID', `no consortium file ${path}`, remedy);
}

function read<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new NetworkError(
      'TOPOLOGY_INVALID',
      `cannot read ${shown(file)}`,
      'every organisation that is listed needs a file',
      {
        cause,
      },
    );
  }
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause));
  }
  return check(file, schema, document);
}

function check<Schema extends z.ZodType>(file: string, schema: Schema, value: unknown, field = ''): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => {
    const path = issue.path.map(String).join('.') || field;
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  throw invalid(file, issues.join(', '));
}

function invalid(file: string, message: string): NetworkError {
  return new NetworkError('TOPOLOGY_INVALID', `${shown(file)}: ${message}`);
}

function shown(file: string): string {
  const fromHere = relative(process.cwd(), file);
  return fromHere.startsWith('..') || isAbsolute(fromHere) ? file : fromHere;
}
