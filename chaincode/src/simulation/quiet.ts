/** fabric-contract-api logs each decorator while it is loaded; imported before it, this keeps tests readable. */
process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'ERROR';
