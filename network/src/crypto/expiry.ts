import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NetworkError } from '../errors.js';
import { type NodeLayout, type OrganizationLayout, type StateLayout } from '../state/layout.js';
import type { Topology } from '../topology/topology.js';

/** What is left to do where an authority's certificate or key is of no use any more. */
export const authorityRenewal =
  'the channel is bound to it: restore it from a copy, or forget this network with --fresh';

interface Subject {
  what: string;
  certificate: string;
  key: string;
  authority: string;
  /** What to remove so that the next `up` issues it anew. */
  renewal: string;
}

/**
 * Refuses to start with a certificate that has run out, that another authority issued, or that is damaged: the nodes
 * themselves would say so only as a failed handshake.
 */
export async function checkCertificates(topology: Topology, layout: StateLayout, now = new Date()): Promise<void> {
  for (const { what, certificate, key, authority, renewal } of subjects(topology, layout)) {
    const issuer = await readCertificate(what, authority, renewal);
    const subject = await readCertificate(what, certificate, renewal);
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
    if (!(await holdsKey(subject, key))) {
      throw new NetworkError('STATE_DAMAGED', `the private key of ${what} is damaged or missing: ${key}`, renewal);
    }
  }
}

async function readCertificate(what: string, path: string, renewal: string): Promise<X509Certificate> {
  try {
    return new X509Certificate(await readFile(path));
  } catch (cause) {
    const message = `the certificate of ${what} is damaged or missing: ${path}`;
    throw new NetworkError('STATE_DAMAGED', message, renewal, { cause });
  }
}

async function holdsKey(certificate: X509Certificate, path: string): Promise<boolean> {
  try {
    return certificate.checkPrivateKey(createPrivateKey(await readFile(path)));
  } catch {
    return false;
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
  const renewal = authorityRenewal;
  for (const [kind, folder] of [
    ['CA', place.ca],
    ['TLS CA', place.tlsca],
  ] as const) {
    const certificate = join(folder, 'ca.crt');
    yield {
      what: `the ${kind} of ${mspId}`,
      certificate,
      key: join(folder, 'ca.key'),
      authority: certificate,
      renewal,
    };
  }
}

function* node(name: string, place: OrganizationLayout, own: NodeLayout) {
  const { root, certificate, key, tlsCertificate, tlsKey } = own;
  const renewal = `stop the network, remove ${root} and start it again: a new one is issued`;
  yield { what: name, certificate, key, authority: join(place.ca, 'ca.crt'), renewal };
  yield { what: `${name} (TLS)`, certificate: tlsCertificate, key: tlsKey, authority: place.tlsRoot, renewal };
}

function identity(what: string, place: OrganizationLayout, { root, certificate, key }: NodeLayout): Subject {
  const renewal = `remove ${root} and start again: a new one is issued`;
  return { what, certificate, key, authority: join(place.ca, 'ca.crt'), renewal };
}
