import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NetworkError } from '../errors.js';
import { type NodeLayout, type OrganizationLayout, type StateLayout } from '../state/layout.js';
import type { Topology } from '../topology/topology.js';

interface Subject {
  what: string;
  certificate: string;
  authority: string;
  /** What to remove so that the next `up` issues it anew. */
  renewal: string;
}

/**
 * Refuses to start with a certificate that has run out or that another authority issued: the nodes themselves would say
 * so only as a failed handshake.
 */
export async function checkCertificates(topology: Topology, layout: StateLayout, now = new Date()): Promise<void> {
  for (const { what, certificate, authority, renewal } of subjects(topology, layout)) {
    const issuer = await readCertificate(authority, `the issuer of ${what}`, renewal);
    const subject = await readCertificate(certificate, what, renewal);
    if (subject.validToDate < now) {
      throw new NetworkError(
        'CERTIFICATE_EXPIRED',
        `the certificate of ${what} ran out on ${subject.validToDate.toISOString().slice(0, 10)}: ${certificate}`,
        renewal,
      );
    }
    if (!subject.checkIssued(issuer) || !subject.verify(issuer.publicKey)) {
      throw new NetworkError(
        'CERTIFICATE_FOREIGN',
        `the certificate of ${what} was not issued by ${authority}: ${certificate}`,
        renewal,
      );
    }
  }
}

async function readCertificate(path: string, what: string, renewal: string): Promise<X509Certificate> {
  try {
    return new X509Certificate(await readFile(path));
  } catch (cause) {
    throw new NetworkError('CERTIFICATE_FOREIGN', `the certificate of ${what} cannot be read: ${path}`, renewal, {
      cause,
    });
  }
}

function* subjects(topology: Topology, layout: StateLayout): Generator<Subject> {
  for (const { slug, mspId, peers, identities } of topology.organizations) {
    const place = layout.organization(slug);
    yield* authorities(mspId, place);
    for (const peer of peers) yield* node(peer.name, place, place.node(peer.name));
    for (const role of identities) yield identity(`${role} of ${slug}`, place, place.user(role));
  }
  yield* authorities(topology.ordering.mspId, layout.orderer);
  for (const { name } of topology.ordering.nodes) {
    for (const subject of node(name, layout.orderer, layout.orderer.node(name))) {
      yield { ...subject, renewal: 'see "An orderer\'s certificate" in network/README.md' };
    }
  }
  yield identity('the ordering administrator', layout.orderer, layout.orderer.user('admin'));
}

function* authorities(mspId: string, place: OrganizationLayout): Generator<Subject> {
  const renewal = 'the channel is bound to it: start a new network with `npm run network -- down --fresh`';
  for (const [kind, folder] of [
    ['CA', place.ca],
    ['TLS CA', place.tlsca],
  ] as const) {
    const certificate = join(folder, 'ca.crt');
    yield { what: `the ${kind} of ${mspId}`, certificate, authority: certificate, renewal };
  }
}

function* node(name: string, place: OrganizationLayout, { root, certificate, tlsCertificate }: NodeLayout) {
  const renewal = `run \`npm run network -- down\`, remove ${root}, and run \`up\``;
  yield { what: name, certificate, authority: join(place.ca, 'ca.crt'), renewal };
  yield { what: `${name} (TLS)`, certificate: tlsCertificate, authority: place.tlsRoot, renewal };
}

function identity(what: string, place: OrganizationLayout, { root, certificate }: NodeLayout): Subject {
  const renewal = `remove ${root} and run \`npm run network -- up\` again`;
  return { what, certificate, authority: join(place.ca, 'ca.crt'), renewal };
}
