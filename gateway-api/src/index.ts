export { configSchema, loadConfig, type GatewayConfig, type LoadedConfig } from './config.js';
export { startGateway, type RunningGateway } from './gateway.js';
export {
  createDatabase,
  startPostgres,
  stopPostgres,
  type PostgresOptions,
  PostgresServer,
} from './postgres/server.js';
export {
  provisionGateway,
  type IdentityFiles,
  type Provisioned,
  type ProvisionOptions,
} from './provision/provision.js';
