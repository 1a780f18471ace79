export { FingerprintError } from './errors.js';
export { fingerprintFiles, type FingerprintOptions, type Progress } from './fingerprint.js';
export { modelManifest, modelSigningIgnores, modelSigningRoot } from './model-signing.js';
