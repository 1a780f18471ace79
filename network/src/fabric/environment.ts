/** What Fabric's long-running processes find in their environment beside their configuration file. */
export function nodeEnvironment(configFolder: string): Record<string, string> {
  return {
    FABRIC_CFG_PATH: configFolder,
    // A line for every call would be most of the log, and a good part of the work.
    FABRIC_LOGGING_SPEC: process.env['FABRIC_LOGGING_SPEC'] ?? 'info:comm.grpc.server=warning',
    // Without colours: the logs are read by people and by `lastCause`.
    FABRIC_LOGGING_FORMAT: '%{time:2006-01-02T15:04:05.000Z07:00} %{level:.4s} [%{module}] %{message}',
  };
}
