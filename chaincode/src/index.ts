// Only what others need to package it: requiring fabric-shim installs process-wide handlers, which no host wants.
export * from './package/package';
