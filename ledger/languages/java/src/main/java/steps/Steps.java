package steps;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.bouncycastle.util.encoders.Hex;
import org.hyperledger.fabric.metrics.Metrics;
import org.hyperledger.fabric.protos.msp.SerializedIdentity;
import org.hyperledger.fabric.shim.ChaincodeBase;
import org.hyperledger.fabric.shim.ChaincodeServerProperties;
import org.hyperledger.fabric.shim.ChaincodeStub;
import org.hyperledger.fabric.shim.NettyChaincodeServer;
import org.hyperledger.fabric.shim.ext.sbe.StateBasedEndorsement.RoleType;
import org.hyperledger.fabric.shim.ext.sbe.impl.StateBasedEndorsementFactory;
import org.hyperledger.fabric.shim.ledger.KeyModification;
import org.hyperledger.fabric.shim.ledger.KeyValue;
import org.hyperledger.fabric.shim.ledger.QueryResultsIterator;
import org.hyperledger.fabric.traces.Traces;

/** A chaincode server that does what its argument says, in one transaction: `run` with a JSON list of steps. */
public final class Steps extends ChaincodeBase {
    private static final Gson JSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    public static void main(final String[] args) throws Exception {
        final String[] address = System.getenv("CHAINCODE_SERVER_ADDRESS").split(":");
        final ChaincodeServerProperties properties = new ChaincodeServerProperties();
        properties.setServerAddress(new InetSocketAddress(address[0], Integer.parseInt(address[1])));
        final Steps chaincode = new Steps();
        chaincode.initializeLogging();
        // Takes CORE_CHAINCODE_ID_NAME, which the chaincode registers as.
        chaincode.processEnvironmentOptions();
        final Properties configuration = chaincode.getChaincodeConfig();
        Metrics.initialize(configuration);
        Traces.initialize(configuration);
        new NettyChaincodeServer(chaincode, properties).start();
    }

    @Override
    public Response init(final ChaincodeStub stub) {
        return newSuccessResponse();
    }

    @Override
    public Response invoke(final ChaincodeStub stub) {
        try {
            final List<Object> results = new ArrayList<>();
            for (final JsonElement step : JsonParser.parseString(stub.getParameters().get(0)).getAsJsonArray()) {
                results.add(new Step(stub, step.getAsJsonArray()).take());
            }
            return newSuccessResponse(bytes(JSON.toJson(results)));
        } catch (final Exception failed) {
            return newErrorResponse(failed.getMessage());
        }
    }

    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(final byte[] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }

    private static final class Step {
        private final ChaincodeStub stub;
        private final JsonArray step;

        Step(final ChaincodeStub stub, final JsonArray step) {
            this.stub = stub;
            this.step = step;
        }

        private String arg(final int i) {
            return i + 1 < step.size() ? step.get(i + 1).getAsString() : "";
        }

        Object take() throws Exception {
            switch (step.get(0).getAsString()) {
                case "get":
                    return text(stub.getState(arg(0)));
                case "put":
                    stub.putState(arg(0), bytes(arg(1)));
                    return null;
                case "delete":
                    stub.delState(arg(0));
                    return null;
                case "range":
                    return entries(stub.getStateByRange(arg(0), arg(1)));
                case "page": {
                    final var page =
                            stub.getStateByRangeWithPagination(arg(0), arg(1), step.get(3).getAsInt(), arg(3));
                    final Map<String, Object> result = new LinkedHashMap<>();
                    result.put("bookmark", page.getMetadata().getBookmark());
                    result.put("count", page.getMetadata().getFetchedRecordsCount());
                    result.put("entries", entries(page));
                    return result;
                }
                case "query":
                    return entries(stub.getQueryResult(arg(0)));
                case "history":
                    return history(stub.getHistoryForKey(arg(0)));
                case "setPolicy":
                    stub.setStateValidationParameter(arg(0), peersOf(step.get(2)));
                    return null;
                case "getPolicy": {
                    final byte[] policy = stub.getStateValidationParameter(arg(0));
                    return policy == null ? 0 : policy.length;
                }
                case "getPrivate":
                    return text(stub.getPrivateData(arg(0), arg(1)));
                case "getPrivateHash":
                    return Hex.toHexString(stub.getPrivateDataHash(arg(0), arg(1)));
                case "putPrivate":
                    stub.putPrivateData(arg(0), arg(1), bytes(arg(2)));
                    return null;
                case "putTransient":
                    stub.putPrivateData(arg(0), arg(1), stub.getTransient().get(arg(2)));
                    return null;
                case "deletePrivate":
                    stub.delPrivateData(arg(0), arg(1));
                    return null;
                case "purgePrivate":
                    stub.purgePrivateData(arg(0), arg(1));
                    return null;
                case "rangePrivate":
                    return entries(stub.getPrivateDataByRange(arg(0), arg(1), arg(2)));
                case "setPrivatePolicy":
                    stub.setPrivateDataValidationParameter(arg(0), arg(1), peersOf(step.get(3)));
                    return null;
                case "event":
                    stub.setEvent(arg(0), bytes(arg(1)));
                    return null;
                case "invoke":
                    return invoke();
                case "fail":
                    throw new IllegalStateException(arg(0));
                case "organisation":
                    return stub.getMspId();
                case "putOrganisation":
                    stub.putState(arg(0), bytes(stub.getMspId()));
                    return null;
                case "creator":
                    return SerializedIdentity.parseFrom(stub.getCreator()).getMspid();
                default:
                    throw new IllegalArgumentException("no such step: " + step.get(0).getAsString());
            }
        }

        private Object invoke() {
            final Response response =
                    stub.invokeChaincode(arg(0), List.of(bytes("run"), bytes(step.get(2).toString())), arg(2));
            final Map<String, Object> result = new LinkedHashMap<>();
            result.put("status", response.getStatusCode());
            result.put("payload", text(response.getPayload()));
            result.put("message", response.getMessage());
            return result;
        }

        private static <I extends Iterable<KeyValue> & AutoCloseable> List<List<String>> entries(final I iterator)
                throws Exception {
            try (iterator) {
                final List<List<String>> found = new ArrayList<>();
                for (final KeyValue entry : iterator) {
                    found.add(List.of(entry.getKey(), text(entry.getValue())));
                }
                return found;
            }
        }

        private static List<Map<String, Object>> history(final QueryResultsIterator<KeyModification> iterator)
                throws Exception {
            try (iterator) {
                final List<Map<String, Object>> found = new ArrayList<>();
                for (final KeyModification change : iterator) {
                    final Map<String, Object> told = new LinkedHashMap<>();
                    told.put("value", text(change.getValue()));
                    told.put("deleted", change.isDeleted());
                    told.put("txId", change.getTxId());
                    found.add(told);
                }
                return found;
            }
        }

        private static byte[] peersOf(final JsonElement organizations) {
            final var policy = StateBasedEndorsementFactory.getInstance().newStateBasedEndorsement(null);
            for (final JsonElement organization : organizations.getAsJsonArray()) {
                policy.addOrgs(RoleType.RoleTypePeer, organization.getAsString());
            }
            return policy.policy();
        }
    }
}
