import { readFileSync } from 'node:fs';
import { consortiumSchema, parseJson, parseWith } from '@proofward/evidence';
import { type ChaincodeServerOpts, Shim } from 'fabric-shim';
import { proofwardChaincode } from './chaincode';
import { chaincodePackage } from './package/package';

/**
 * The chaincode server of one organisation (chaincode-as-a-service). Environment: CHAINCODE_SERVER_ADDRESS (host:port),
 * CHAINCODE_ID (the package id), PROOFWARD_CONSORTIUM (path of the consortium file).
 */
async function main(): Promise<void> {
  const address = variable('CHAINCODE_SERVER_ADDRESS');
  const packageId = variable('CHAINCODE_ID');
  const consortiumJson = readFileSync(variable('PROOFWARD_CONSORTIUM'));

  // The package id covers this file and the consortium file: another code than the approved one does not start.
  const own = await chaincodePackage(readFileSync(__filename), consortiumJson);
  if (own.packageId !== packageId) {
    throw new Error(
      `this code and consortium file make the package ${own.packageId}, not the approved ${packageId}; deploy again`,
    );
  }
  const consortium = parseWith(consortiumSchema, parseJson(consortiumJson.toString('utf8')));
  // The shim's types ask for TLS, its code does not: the peer on the same host reaches this server over loopback.
  const server = Shim.server(proofwardChaincode(consortium), {
    ccid: packageId,
    address,
    // As the shim's own launcher has it. With gRPC's default of 4 MB a larger proposal, which any client on the channel
    // may send, ends the stream to the peer, and its sender is told no code.
    'grpc.max_receive_message_length': -1,
  } as ChaincodeServerOpts);
  await server.start();
  process.stderr.write(`proofward chaincode: serving ${packageId} on ${address}\n`);
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`set ${name}`);
  return value;
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
main().catch((error: unknown) => {
  process.stderr.write(`proofward chaincode: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
