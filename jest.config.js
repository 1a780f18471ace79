/**
 * Tests import their own room's source and the other rooms' built output, so `tsc --build` runs first.
 * chaincode/ is CommonJS, everything else ESM (node --experimental-vm-modules).
 */
const swc = (type) => [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2023',
    },
    module: { type },
    sourceMaps: 'inline',
  },
];
const room = (name, testMatch) => ({
  displayName: name,
  rootDir: name,
  testEnvironment: 'node',
  testMatch,
  extensionsToTreatAsEsm: name === 'chaincode' ? [] : ['.ts'],
  transform: { '\\.ts$': swc(name === 'chaincode' ? 'commonjs' : 'es6') },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
});
const unit = ['<rootDir>/src/**/*.test.ts'];

export default {
  // Some features stop and start parts of the network.
  testTimeout: 60_000,
  projects: [
    ...['evidence', 'chaincode', 'network', 'gateway-api', 'client', 'bench'].map((name) => room(name, unit)),
    room('ledger', [...unit, '<rootDir>/features/**/*.test.ts']),
    {
      ...room('test-network', ['<rootDir>/features/**/*.test.ts']),
      globalSetup: '<rootDir>/dist/harness/setup.js',
      globalTeardown: '<rootDir>/dist/harness/teardown.js',
    },
    {
      ...room('test-network', ['<rootDir>/likeness/**/*.test.ts']),
      displayName: 'likeness',
      globalSetup: '<rootDir>/dist/likeness/setup.js',
      globalTeardown: '<rootDir>/dist/likeness/teardown.js',
    },
  ],
};
