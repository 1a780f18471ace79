import { AccessLog } from './access-log/access-log.js';
import { referenceKey } from '@proofward/evidence';
import type { Express } from 'express';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import type { DestinationStream, Logger } from 'pino';
import type { LoadedConfig } from './config.js';
import { Database } from './database/database.js';
import { isSystemError } from './failure.js';
import { ApiKeyFile } from './identity/api-key-file.js';
import { apiKeyWay, Authenticator } from './identity/authenticator.js';
import { LedgerIdentities } from './identity/ledger-identity.js';
import { IdentityWallet } from './identity/wallet.js';
import { LedgerConnection } from './ledger/connection.js';
import { EndorserHealth } from './ledger/endorser-health.js';
import { Ledger } from './ledger/ledger.js';
import { Limiter } from './ledger/limiter.js';
import { Registrar } from './ledger/registrar.js';
import { newLog } from './log.js';
import { startPostgres, type PostgresServer } from './postgres/server.js';
import { ChangeReader } from './projection/changes.js';
import { Follower } from './projection/follower.js';
import { Height } from './projection/height.js';
import { MissingPrivate } from './projection/missing-private.js';
import { ReadModel } from './projection/read-model.js';
import { readSecret } from './provision/provision.js';
import { Records } from './queries/records.js';
import { Batcher } from './receipts/batcher.js';
import { ReceiptBatches } from './receipts/batches.js';
import { ReceiptIntake } from './receipts/intake.js';
import { ReceiptSigners } from './receipts/signers.js';
import { ReceiptStore } from './receipts/store.js';
import { StopIncidents } from './release/stop-incidents.js';
import { newApplication } from './routes/application.js';
import type { Services } from './routes/services.js';
import { Viewer } from './routes/view.js';

export interface RunningGateway {
  url: string;
  /** Finishes the requests in flight, within bounds, and closes everything. */
  stop(): Promise<void>;
}

/** Well below the 500 at which a peer begins to refuse. */
const ledgerConcurrency = 300;
const stopPatience = 20_000;

/** Starts the gateway of one organisation. */
export async function startGateway(loaded: LoadedConfig, logTo?: DestinationStream): Promise<RunningGateway> {
  const { config, consortium } = loaded;
  const log = newLog(config.logLevel, { service: 'gateway', organization: config.slug }, logTo);
  const wallet = new IdentityWallet(config.walletDir, await requireSecret(config.walletKeyFile));
  const identities = await LedgerIdentities.load(wallet, log);
  const keys = await ApiKeyFile.open(config.apiKeysFile, log);
  const commitmentKey = await requireSecret(config.commitmentKeyFile);

  const connection = new LedgerConnection(config.peers, config.channel, log);
  const ledger = new Ledger(
    connection,
    config.chaincode,
    config.mspId,
    new EndorserHealth(),
    new Limiter(ledgerConcurrency),
    log,
  );
  const { url: databaseUrl, postgres } = await databaseOf(loaded);
  const database = new Database(databaseUrl, log);
  const reading = () => identities.forReading();
  const readModel = new ReadModel(database, new ChangeReader(config.channel, consortium, config.mspId), {
    organization: config.slug,
    channel: config.channel,
  });
  const height = new Height();
  const follower = new Follower(connection, reading, config.chaincode, config.mspId, readModel, height, log);
  const missing = new MissingPrivate(database, ledger, reading, config.channel, log);

  const receipts = new ReceiptStore(database, config.channel);
  const registrar = new Registrar(ledger, consortium, commitmentKey, config.mspId);
  const { windowSeconds, patienceSeconds } = config.receipts ?? { windowSeconds: 300, patienceSeconds: 86_400 };
  const batching = { window: windowSeconds * 1_000, patience: patienceSeconds * 1_000 };
  const signers = new ReceiptSigners(config.channel, config.mspId, () => ledger.channelConfig(reading()));
  const batches = new ReceiptBatches(database, config.channel, config.slug, batching);
  const asService = () => identities.get('service');
  const batcher = new Batcher(batches, registrar, asService, log);
  const stopIncidents = new StopIncidents(database, registrar, config.slug, asService, log);

  const accessLog = new AccessLog(database, config.accessLog.retentionDays, log);
  const services: Services = {
    accessLog,
    config,
    consortium,
    identities,
    ledger,
    registrar,
    records: new Records(database),
    database,
    height,
    follower,
    viewer: new Viewer(consortium, config.mspId),
    receipts,
    receiptBatches: batches,
    receiptSigners: signers,
    stopIncidents,
    receiptIntake: new ReceiptIntake(config.slug, signers, receipts),
    referenceKey: referenceKey(commitmentKey),
  };
  const server = newServer(newApplication(services, new Authenticator([apiKeyWay(keys)]), log));
  const closeAll = async () => {
    follower.stop();
    missing.stop();
    batcher.stop();
    stopIncidents.stop();
    accessLog.stop();
    await Promise.all(loops);
    connection.close();
    await database.close();
    await postgres?.stop();
  };
  let loops: Promise<void>[] = [];
  let url: string;
  try {
    url = await listen(server, config.listen.host, config.listen.port);
  } catch (error) {
    await closeAll();
    throw error;
  }
  // What a site owes; others have neither endpoints nor deployments.
  const ofSite = config.role === 'provider' ? [batcher.run(), stopIncidents.run()] : [];
  loops = [follower.run(), missing.run(), accessLog.run(), ...ofSite];
  // Later is early enough where the peer does not answer now.
  if (config.role === 'provider') void signers.warm().catch(() => undefined);
  log.info({ url, channel: config.channel }, 'listening');
  return {
    url,
    async stop() {
      log.info('stopping');
      await close(server, log);
      await closeAll();
    },
  };
}

/** The configured database, the environment's, or a server of the gateway's own. */
async function databaseOf({ config }: LoadedConfig): Promise<{ url: string; postgres?: PostgresServer }> {
  const given = config.databaseUrl ?? process.env.DATABASE_URL;
  if (given !== undefined) return { url: given };
  const postgres = await startPostgres({ dataDir: join(config.dataDir, 'postgres') });
  return { url: await postgres.createDatabase(config.slug), postgres };
}

async function requireSecret(file: string): Promise<Uint8Array> {
  const secret = await readSecret(file);
  if (secret === undefined) throw new Error(`${file} is missing; provision the gateway first`);
  return secret;
}

function newServer(application: Express): Server {
  const answer: RequestListener = (request, response) => {
    request.url = originForm(request.url ?? '/');
    response.once('close', () => {
      // A client that keeps its connection alive does not keep a gateway alive that is stopping.
      if (!server.listening)
        setImmediate(() => {
          server.closeIdleConnections();
        });
    });
    application(request, response);
  };
  const server = createServer(
    {
      // A client that sends slowly holds nothing but its own connection, and that not for long.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: 65_000,
    },
    answer,
  );
  // Node would answer 417 by itself; RFC 9110 lets a server ignore an expectation that it does not know.
  server.on('checkExpectation', answer);
  return server;
}

/** The path and query of a request's target, which may be a whole URL (RFC 9112, section 3.2.2). */
function originForm(target: string): string {
  const [, rest] = /^https?:\/\/[^/?#]*(.*)$/is.exec(target) ?? [];
  if (rest === undefined) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        isSystemError(error, 'EADDRINUSE') ? new Error(`port ${port} of ${host} is in use`, { cause: error }) : error,
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(`http://${host}:${typeof address === 'object' && address !== null ? address.port : port}`);
    });
  });
}

async function close(server: Server, log: Logger): Promise<void> {
  const closed = new Promise<void>((resolve) =>
    server.close(() => {
      resolve();
    }),
  );
  server.closeIdleConnections();
  const overdue = setTimeout(() => {
    log.warn('requests in flight are cut off');
    server.closeAllConnections();
  }, stopPatience);
  await closed;
  clearTimeout(overdue);
}
