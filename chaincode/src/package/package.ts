import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** The label of the package id; the version of the chaincode's definition stands beside it. */
export const packageLabel = 'proofward_1.0';

export interface ChaincodePackage {
  packageId: string;
  tarGz: Uint8Array;
}

/**
 * The chaincode package that organisations install and approve (Fabric's lifecycle format, type ccaas). Fabric's package
 * id of a chaincode-as-a-service covers no code, so the digests of the bundle and of the consortium file go in: who
 * approves the id approves both. The same bytes always give the same id.
 *
 * connection.json is a template that each peer's builder fills, so that all organisations have one id.
 */
export async function chaincodePackage(bundle: Uint8Array, consortiumJson: Uint8Array): Promise<ChaincodePackage> {
  const digests = JSON.stringify({ bundle: sha256(bundle), consortium: sha256(consortiumJson) });
  return servicePackage(packageLabel, 'address', [['digests.json', digests]]);
}

/** A package of type ccaas; `addressSetting` is the name under which a peer's builder knows the server's address. */
export async function servicePackage(
  label: string,
  addressSetting: string,
  files: [name: string, content: string][] = [],
): Promise<ChaincodePackage> {
  const connection = { address: `{{.${addressSetting}}}`, dial_timeout: '10s', tls_required: false };
  const code = await tarGz([['connection.json', JSON.stringify(connection)], ...files]);
  const outer = await tarGz([
    ['metadata.json', JSON.stringify({ type: 'ccaas', label })],
    ['code.tar.gz', code],
  ]);
  return { packageId: `${label}:${sha256(outer)}`, tarGz: outer };
}

/** Stored, not deflated: the bytes then do not depend on the version of zlib. */
async function tarGz(files: [name: string, content: string | Uint8Array][]): Promise<Uint8Array> {
  const archive = pack();
  for (const [name, content] of files) {
    archive.entry({ name, mtime: new Date(0), mode: 0o644, uid: 0, gid: 0 }, Buffer.from(content));
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  const gzip = gzipSync(Buffer.concat(chunks), { level: 0 });
  // RFC 1952: byte 9 names the operating system that made the file.
  gzip[9] = 255;
  return gzip;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
