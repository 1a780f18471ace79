import type { Network } from '@proofward/network';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
// Not what the package offers to others: nobody but a feature issues certificates beside `network up`.
import { Authority } from '../../network/dist/crypto/authority.js';
import { identityProfile } from '../../network/dist/crypto/profile.js';

/** What an organisation's CA may put into a certificate. */
export interface Attributes {
  role: string;
  enrollmentId?: string;
}

/** Issues a certificate with an organisation's own CA, for a caller of the given name. */
export async function enrol(network: Network, slug: string, name: string, attributes: Attributes): Promise<void> {
  const organization = network.organizations.find((candidate) => candidate.slug === slug);
  if (organization === undefined) throw new Error(`no organisation ${slug}`);
  const { mspId } = organization;
  const authority = await Authority.open(network.layout.organization(slug).ca, `${mspId} CA`, mspId);
  const { role, enrollmentId = `${'e'.repeat(31)}1` } = attributes;
  const { certificate, key } = await authority.issue({
    subject: { commonName: 'feature', organization: mspId, unit: 'client' },
    extensions: identityProfile(enrollmentId, 'client', role),
  });
  const folder = join(network.stateDir, 'enrolled', slug, name);
  await mkdir(folder, { recursive: true });
  const paths = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') };
  await writeFile(paths.certPath, certificate);
  await writeFile(paths.keyPath, key, { mode: 0o600 });
  Object.assign(organization.users, { [name]: paths });
}
