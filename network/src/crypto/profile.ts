import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** The extension in which Fabric CA puts attributes, and from which chaincode reads them. */
export const attributeExtension = '1.2.3.4.5.6.7.8.1';

/** Fabric's NodeOUs: which organisational unit of a certificate makes its holder what. */
export type NodeUnit = 'client' | 'peer' | 'admin' | 'orderer';

export function signingProfile(): x509.Extension[] {
  return [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)];
}

/** A person or a script: who it is inside its organisation is known to that organisation's CA only. */
export function identityProfile(enrollmentId: string, unit: NodeUnit, role: string): x509.Extension[] {
  const attributes = {
    attrs: { 'hf.EnrollmentID': enrollmentId, 'hf.Type': unit, 'hf.Affiliation': '', role },
  };
  return [
    ...signingProfile(),
    new x509.Extension(attributeExtension, false, Buffer.from(JSON.stringify(attributes), 'utf8')),
  ];
}

/** Nodes of this network speak to each other over loopback; `nodeName` tells them apart there. */
export function tlsProfile(nodeName: string): x509.Extension[] {
  return [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension([
      { type: 'dns', value: 'localhost' },
      { type: 'dns', value: nodeName },
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
    ]),
  ];
}
