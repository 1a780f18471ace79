import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { LedgerFault, messageOf } from '../errors.js';

/** An organisation's trust anchors, as Fabric's own tools lay them out in a folder. */
export interface MspFolder {
  readonly path: string;
  readonly mspId: string;
  readonly roots: readonly X509Certificate[];
  readonly intermediates: readonly X509Certificate[];
  readonly admins: readonly X509Certificate[];
  readonly tlsRoots: readonly X509Certificate[];
  readonly tlsIntermediates: readonly X509Certificate[];
  readonly nodeOus: NodeOus | undefined;
}

export type Role = 'client' | 'peer' | 'admin' | 'orderer';

export interface OuIdentifier {
  readonly unit: string;
  /** A certificate that must be in the identity's chain, when the organisation asks for it. */
  readonly certifier: X509Certificate | undefined;
}

export type NodeOus = Readonly<Partial<Record<Role, OuIdentifier>>>;

const identifier = z.object({
  Certificate: z.string().optional(),
  OrganizationalUnitIdentifier: z.string(),
});
const configFile = z.object({
  NodeOUs: z
    .object({
      Enable: z.boolean().optional(),
      ClientOUIdentifier: identifier.optional(),
      PeerOUIdentifier: identifier.optional(),
      AdminOUIdentifier: identifier.optional(),
      OrdererOUIdentifier: identifier.optional(),
    })
    .optional(),
});

export function readMspFolder(path: string, mspId: string): MspFolder {
  const roots = certificatesIn(join(path, 'cacerts'));
  if (roots.length === 0) {
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `no CA certificate in ${join(path, 'cacerts')}`,
      `put the root certificates of ${mspId} there`,
    );
  }
  return {
    path,
    mspId,
    roots,
    intermediates: certificatesIn(join(path, 'intermediatecerts')),
    admins: certificatesIn(join(path, 'admincerts')),
    tlsRoots: certificatesIn(join(path, 'tlscacerts')),
    tlsIntermediates: certificatesIn(join(path, 'tlsintermediatecerts')),
    nodeOus: readNodeOus(path),
  };
}

export function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort();
}

function certificatesIn(folder: string): X509Certificate[] {
  return filesIn(folder).map(readCertificate);
}

export function readCertificate(path: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(path));
  } catch (cause) {
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `cannot read the certificate ${path} (${messageOf(cause)})`,
      'give a PEM certificate',
      { cause },
    );
  }
}

function readNodeOus(path: string): NodeOus | undefined {
  const file = join(path, 'config.yaml');
  if (!existsSync(file)) return undefined;
  const read = configFile.safeParse(parse(readFileSync(file, 'utf8')));
  if (!read.success) {
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `${file} is not an MSP's config.yaml (${read.error.issues[0]?.message ?? ''})`,
      'use the one that Fabric CA or cryptogen wrote',
    );
  }
  const ous = read.data.NodeOUs;
  if (ous?.Enable !== true) return undefined;
  const of = (value: z.infer<typeof identifier> | undefined): OuIdentifier | undefined =>
    value === undefined
      ? undefined
      : {
          unit: value.OrganizationalUnitIdentifier,
          certifier:
            value.Certificate === undefined || value.Certificate === ''
              ? undefined
              : readCertificate(join(path, value.Certificate)),
        };
  const found: Partial<Record<Role, OuIdentifier>> = {};
  for (const [role, value] of [
    ['client', of(ous.ClientOUIdentifier)],
    ['peer', of(ous.PeerOUIdentifier)],
    ['admin', of(ous.AdminOUIdentifier)],
    ['orderer', of(ous.OrdererOUIdentifier)],
  ] as const) {
    if (value !== undefined) found[role] = value;
  }
  return found;
}
