/**
 * A chaincode that does what its argument says, in one transaction: `run` with a JSON list of steps. It serves every
 * organisation of the tests on a port of its own, from one process.
 */
import shim from 'fabric-shim';

const { KeyEndorsementPolicy } = shim;

class Steps {
  constructor(mspId) {
    this.mspId = mspId;
  }

  async Init() {
    return shim.success();
  }

  async Invoke(stub) {
    const { params } = stub.getFunctionAndParameters();
    try {
      const results = [];
      for (const step of JSON.parse(params[0])) {
        const result = await this.take(stub, step);
        results.push(Buffer.isBuffer(result) ? null : result);
      }
      return shim.success(Buffer.from(JSON.stringify(results)));
    } catch (error) {
      return shim.error(error.message);
    }
  }

  async take(stub, [name, ...args]) {
    switch (name) {
      case 'get':
        return text(await stub.getState(args[0]));
      case 'put':
        return stub.putState(args[0], Buffer.from(args[1]));
      case 'delete':
        return stub.deleteState(args[0]);
      case 'range':
        return all(await stub.getStateByRange(args[0], args[1]));
      case 'page': {
        const { iterator, metadata } = await stub.getStateByRangeWithPagination(
          args[0],
          args[1],
          args[2],
          args[3] ?? '',
        );
        return { entries: await all(iterator), bookmark: metadata.bookmark, count: metadata.fetchedRecordsCount };
      }
      case 'query':
        return all(await stub.getQueryResult(args[0]));
      case 'history':
        return history(await stub.getHistoryForKey(args[0]));
      case 'setPolicy': {
        const policy = new KeyEndorsementPolicy();
        policy.addOrgs('PEER', ...args[1]);
        return stub.setStateValidationParameter(args[0], policy.getPolicy());
      }
      case 'setPolicyBytes':
        return stub.setStateValidationParameter(args[0], Buffer.from(args[1], 'hex'));
      case 'getPolicy':
        return (await stub.getStateValidationParameter(args[0]))?.length ?? 0;
      case 'getPrivate':
        return text(await stub.getPrivateData(args[0], args[1]));
      case 'getPrivateHash':
        return Buffer.from(await stub.getPrivateDataHash(args[0], args[1])).toString('hex');
      case 'putPrivate':
        return stub.putPrivateData(args[0], args[1], Buffer.from(args[2]));
      case 'deletePrivate':
        return stub.deletePrivateData(args[0], args[1]);
      case 'purgePrivate':
        return stub.purgePrivateData(args[0], args[1]);
      case 'rangePrivate':
        return privateRange(stub.getPrivateDataByRange(args[0], args[1], args[2]));
      case 'setPrivatePolicy': {
        const policy = new KeyEndorsementPolicy();
        policy.addOrgs('PEER', ...args[2]);
        return stub.setPrivateDataValidationParameter(args[0], args[1], policy.getPolicy());
      }
      case 'putTransient':
        return stub.putPrivateData(args[0], args[1], stub.getTransient().get(args[2]));
      case 'event':
        return stub.setEvent(args[0], Buffer.from(args[1]));
      case 'invoke': {
        const response = await stub.invokeChaincode(args[0], ['run', JSON.stringify(args[1])], args[2] ?? '');
        return { status: response.status, payload: text(response.payload), message: response.message };
      }
      case 'fail':
        throw new Error(args[0]);
      case 'organisation':
        return this.mspId;
      case 'putOrganisation':
        return stub.putState(args[0], Buffer.from(this.mspId));
      case 'sleep':
        return new Promise((resolve) => setTimeout(resolve, args[0]));
      case 'die':
        return process.exit(1);
      case 'creator':
        return stub.getCreator().mspid;
      default:
        throw new Error(`no such step: ${name}`);
    }
  }
}

function text(bytes) {
  return Buffer.from(bytes).toString();
}

async function all(iterator) {
  const entries = [];
  for (let result = await iterator.next(); !result.done; result = await iterator.next())
    entries.push([result.value.key, text(result.value.value)]);
  await iterator.close();
  return entries;
}

async function privateRange(iterable) {
  const entries = [];
  for await (const entry of iterable) entries.push([entry.key, text(entry.value)]);
  return entries;
}

async function history(iterator) {
  const entries = [];
  for (let result = await iterator.next(); !result.done; result = await iterator.next()) {
    entries.push({ value: text(result.value.value), deleted: result.value.isDelete, txId: result.value.txId });
  }
  await iterator.close();
  return entries;
}

for (const [packageId, mspId, address] of JSON.parse(process.argv[2])) {
  await shim.server(new Steps(mspId), { ccid: packageId, address }).start();
}
process.stdout.write('serving\n');
