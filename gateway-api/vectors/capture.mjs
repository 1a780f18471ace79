/**
 * Captures the first blocks of a running stack, with the private data that one organisation's peer has, as the tests of
 * the projection replay them: `node capture.mjs STATE_FOLDER ORGANISATION LAST_BLOCK > blocks.json`.
 */
import { Client, credentials } from '@grpc/grpc-js';
import { connect, signers } from '@hyperledger/fabric-gateway';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [state, slug, last] = process.argv.slice(2);
const config = JSON.parse(readFileSync(join(state, 'gateways', slug, 'gateway.json'), 'utf8'));
const user = join(state, 'crypto', 'peerOrganizations', slug, 'users', 'reader', 'msp');
const [peer] = config.peers;
const client = new Client(peer.endpoint, credentials.createSsl(readFileSync(peer.tlsRootPath)), {
  'grpc.ssl_target_name_override': peer.hostAlias,
});
const gateway = connect({
  client,
  identity: { mspId: config.mspId, credentials: readFileSync(join(user, 'signcerts', 'cert.pem')) },
  signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(join(user, 'keystore', 'priv_sk')))),
});
const blocks = [];
const events = await gateway.getNetwork(config.channel).getBlockAndPrivateDataEvents({ startBlock: 0n });
for await (const event of events) {
  blocks.push(Buffer.from(event.serializeBinary()).toString('base64'));
  if (event.getBlock().getHeader().getNumber() === Number(last)) break;
}
events.close();
gateway.close();
client.close();
const consortium = JSON.parse(readFileSync(config.consortium, 'utf8'));
process.stdout.write(`${JSON.stringify({ organization: slug, consortium, blocks }, undefined, 2)}\n`);
