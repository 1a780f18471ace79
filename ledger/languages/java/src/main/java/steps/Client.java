package steps;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.hyperledger.fabric.client.ChaincodeEvent;
import org.hyperledger.fabric.client.CloseableIterator;
import org.hyperledger.fabric.client.Commit;
import org.hyperledger.fabric.client.CommitException;
import org.hyperledger.fabric.client.CommitStatusException;
import org.hyperledger.fabric.client.EndorseException;
import org.hyperledger.fabric.client.FileCheckpointer;
import org.hyperledger.fabric.client.Gateway;
import org.hyperledger.fabric.client.GatewayException;
import org.hyperledger.fabric.client.GatewayRuntimeException;
import org.hyperledger.fabric.client.Hash;
import org.hyperledger.fabric.client.Network;
import org.hyperledger.fabric.client.Proposal;
import org.hyperledger.fabric.client.Signable;
import org.hyperledger.fabric.client.Status;
import org.hyperledger.fabric.client.SubmitException;
import org.hyperledger.fabric.client.identity.Identities;
import org.hyperledger.fabric.client.identity.Signer;
import org.hyperledger.fabric.client.identity.Signers;
import org.hyperledger.fabric.client.identity.X509Identity;
import org.hyperledger.fabric.protos.common.Block;
import org.hyperledger.fabric.protos.common.BlockMetadataIndex;
import org.hyperledger.fabric.protos.common.BlockchainInfo;
import org.hyperledger.fabric.protos.gateway.ErrorDetail;
import org.hyperledger.fabric.protos.ledger.rwset.kvrwset.KVRWSet;
import org.hyperledger.fabric.protos.peer.BlockAndPrivateData;
import org.hyperledger.fabric.protos.peer.FilteredBlock;

/**
 * A client program of one organisation: the calls in the JSON list on standard input, one after the other, and what
 * each told as a JSON list on standard output. Its arguments are the path of connection.json and an MSP id.
 */
public final class Client {
    private static final Gson JSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    private final Gateway gateway;
    /** Does not sign by itself: what it makes is signed by `signature`. */
    private final Gateway unsigned;

    private final Signer signer;
    private final String channel;
    private final Network network;
    /** The number of the first block of this session; numbers are told relative to it. */
    private long base;

    private Client(final JsonObject org, final String channel, final ManagedChannel connection) throws Exception {
        final JsonObject user = org.getAsJsonArray("users").get(0).getAsJsonObject();
        final Gateway.Builder builder = Gateway.newInstance()
                .identity(new X509Identity(
                        org.get("mspId").getAsString(),
                        Identities.readX509Certificate(Files.readString(path(user, "certPath")))))
                .connection(connection)
                .hash(Hash.SHA256);
        unsigned = builder.connect();
        signer = Signers.newPrivateKeySigner(Identities.readPrivateKey(Files.readString(path(user, "keyPath"))));
        gateway = builder.signer(signer).connect();
        this.channel = channel;
        network = gateway.getNetwork(channel);
    }

    public static void main(final String[] args) throws Exception {
        final JsonObject profile =
                JsonParser.parseString(Files.readString(Path.of(args[0]))).getAsJsonObject();
        final Reader input = new InputStreamReader(System.in, StandardCharsets.UTF_8);
        for (final JsonElement element : profile.getAsJsonArray("orgs")) {
            final JsonObject org = element.getAsJsonObject();
            if (!org.get("mspId").getAsString().equals(args[1])) {
                continue;
            }
            final ManagedChannel connection = connect(org);
            final Client client = new Client(org, profile.get("channel").getAsString(), connection);
            final List<Object> results = new ArrayList<>();
            for (final JsonElement call : JsonParser.parseReader(input).getAsJsonArray()) {
                results.add(client.outcome(call.getAsJsonObject()));
            }
            System.out.println(JSON.toJson(results));
            connection.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            return;
        }
        throw new IllegalArgumentException("no organisation " + args[1] + " in " + args[0]);
    }

    private static ManagedChannel connect(final JsonObject org) throws Exception {
        final var tls = TlsChannelCredentials.newBuilder()
                .trustManager(path(org, "tlsRootPath").toFile())
                .build();
        return Grpc.newChannelBuilder(org.get("peerEndpoint").getAsString(), tls)
                .overrideAuthority(org.get("peerHostAlias").getAsString())
                .build();
    }

    private static Path path(final JsonObject object, final String name) {
        return Path.of(object.get(name).getAsString());
    }

    private Object outcome(final JsonObject call) throws Exception {
        try {
            return perform(call);
        } catch (final CommitException failed) {
            return Map.of("error", object("stage", "commit", "code", failed.getCode().getNumber()));
        } catch (final GatewayException failed) {
            return Map.of("error", failure(stage(failed), failed.getStatus(), failed.getDetails()));
        } catch (final GatewayRuntimeException failed) {
            return Map.of("error", failure("call", failed.getStatus(), failed.getDetails()));
        }
    }

    private Object perform(final JsonObject call) throws Exception {
        final String chaincode = call.has("chaincode") ? call.get("chaincode").getAsString() : "";
        final int count = call.has("count") ? call.get("count").getAsInt() : 0;
        final long start = base + (call.has("from") ? call.get("from").getAsLong() : 0);
        switch (call.get("call").getAsString()) {
            case "mark":
                base = BlockchainInfo.parseFrom(
                                network.getContract("qscc").evaluateTransaction("GetChainInfo", channel))
                        .getHeight();
                return null;
            case "evaluate":
                return object("result", parsed(proposal(network, call).evaluate()));
            case "submit":
                return object("result", parsed(proposal(network, call).endorse().submit()));
            case "submitAsync": {
                final var commit = proposal(network, call).endorse().submitAsync();
                return committed(commit.getResult(), commit);
            }
            case "offline":
                return offline(call);
            case "chaincodeEvents":
                return take(
                        network.newChaincodeEventsRequest(chaincode)
                                .startBlock(start)
                                .build()
                                .getEvents(),
                        count,
                        this::told);
            case "checkpoint":
                return checkpoint(chaincode, start);
            case "blocks":
                return take(
                        network.newBlockEventsRequest().startBlock(start).build().getEvents(), count, this::told);
            case "filteredBlocks":
                return take(
                        network.newFilteredBlockEventsRequest()
                                .startBlock(start)
                                .build()
                                .getEvents(),
                        count,
                        this::told);
            case "blocksWithPrivateData":
                return take(
                        network.newBlockAndPrivateDataEventsRequest()
                                .startBlock(start)
                                .build()
                                .getEvents(),
                        count,
                        this::told);
            default:
                throw new IllegalArgumentException("no such call: " + call);
        }
    }

    private static Proposal proposal(final Network network, final JsonObject call) {
        final var builder = network.getContract(call.get("chaincode").getAsString())
                .newProposal("run")
                .addArguments(call.get("steps").toString());
        if (call.has("endorsers")) {
            builder.setEndorsingOrganizations(JSON.fromJson(call.get("endorsers"), String[].class));
        }
        if (call.has("transient")) {
            call.getAsJsonObject("transient")
                    .entrySet()
                    .forEach(entry ->
                            builder.putTransient(entry.getKey(), entry.getValue().getAsString()));
        }
        return builder.build();
    }

    private Object committed(final byte[] payload, final Commit commit) throws CommitStatusException {
        final Status status = commit.getStatus();
        final Map<String, Object> told = object("result", parsed(payload), "code", status.getCode().getNumber());
        told.put("successful", status.isSuccessful());
        told.put("block", status.getBlockNumber() - base);
        return told;
    }

    private byte[] signature(final Signable message) throws Exception {
        return signer.sign(message.getDigest());
    }

    private Object offline(final JsonObject call) throws Exception {
        final var made = proposal(unsigned.getNetwork(channel), call);
        final var endorsed = unsigned.newSignedProposal(made.getBytes(), signature(made)).endorse();
        final var transaction = unsigned.newSignedTransaction(endorsed.getBytes(), signature(endorsed));
        final var submitted = transaction.submitAsync();
        final var commit = unsigned.newSignedCommit(submitted.getBytes(), signature(submitted));
        return committed(transaction.getResult(), commit);
    }

    /** Reads one event, remembers it in a file, and reads the next with what the file says. */
    private Object checkpoint(final String chaincode, final long start) throws Exception {
        final Path folder = Files.createTempDirectory("checkpoint-");
        final Path file = folder.resolve("file");
        try {
            final List<Object> found = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                try (FileCheckpointer checkpointer = new FileCheckpointer(file);
                        CloseableIterator<ChaincodeEvent> events = network.newChaincodeEventsRequest(chaincode)
                                .startBlock(start)
                                .checkpoint(checkpointer)
                                .build()
                                .getEvents()) {
                    final ChaincodeEvent event = events.next();
                    checkpointer.checkpointChaincodeEvent(event);
                    found.add(told(event));
                }
            }
            return found;
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    private static <T> List<Object> take(
            final CloseableIterator<T> events, final int count, final Function<T, Object> tell) {
        try (events) {
            final List<Object> found = new ArrayList<>();
            final Iterator<T> iterator = events;
            while (found.size() < count) {
                found.add(tell.apply(iterator.next()));
            }
            return found;
        }
    }

    private Object told(final ChaincodeEvent event) {
        return List.of(
                event.getChaincodeName(),
                event.getEventName(),
                new String(event.getPayload(), StandardCharsets.UTF_8),
                event.getBlockNumber() - base);
    }

    private Object told(final Block block) {
        final List<Integer> codes = new ArrayList<>();
        block.getMetadata()
                .getMetadata(BlockMetadataIndex.TRANSACTIONS_FILTER_VALUE)
                .forEach(code -> codes.add(Byte.toUnsignedInt(code)));
        final Map<String, Object> told = object(
                "number",
                block.getHeader().getNumber() - base,
                "transactions",
                block.getData().getDataCount());
        told.put("codes", codes);
        return told;
    }

    private Object told(final FilteredBlock block) {
        final List<Object> transactions = new ArrayList<>();
        for (final var transaction : block.getFilteredTransactionsList()) {
            final List<Object> events = new ArrayList<>();
            for (final var action : transaction.getTransactionActions().getChaincodeActionsList()) {
                final var event = action.getChaincodeEvent();
                events.add(List.of(
                        event.getChaincodeId(), event.getEventName(), event.getPayload().size()));
            }
            final Map<String, Object> told =
                    object("type", transaction.getType().getNumber(), "code", transaction.getTxValidationCodeValue());
            told.put("events", events);
            transactions.add(told);
        }
        final Map<String, Object> told = object("number", block.getNumber() - base, "channel", block.getChannelId());
        told.put("transactions", transactions);
        return told;
    }

    private Object told(final BlockAndPrivateData block) {
        final List<Object> writes = new ArrayList<>();
        block.getPrivateDataMapMap().forEach((index, set) -> {
            for (final var namespace : set.getNsPvtRwsetList()) {
                for (final var collection : namespace.getCollectionPvtRwsetList()) {
                    for (final var write : readWrites(collection.getRwset()).getWritesList()) {
                        writes.add(List.of(
                                index,
                                namespace.getNamespace(),
                                collection.getCollectionName(),
                                write.getKey(),
                                write.getValue().toStringUtf8()));
                    }
                }
            }
        });
        return object("block", told(block.getBlock()), "private", writes);
    }

    private static KVRWSet readWrites(final com.google.protobuf.ByteString bytes) {
        try {
            return KVRWSet.parseFrom(bytes);
        } catch (final InvalidProtocolBufferException broken) {
            throw new IllegalStateException(broken);
        }
    }

    private static Object failure(
            final String stage, final io.grpc.Status status, final List<ErrorDetail> details) {
        final Map<String, Object> told =
                object("stage", stage, "code", status.getCode().value());
        told.put("message", status.getDescription());
        final List<Object> list = new ArrayList<>();
        for (final ErrorDetail detail : details) {
            final Map<String, Object> one = object("address", detail.getAddress(), "mspId", detail.getMspId());
            one.put("message", detail.getMessage());
            list.add(one);
        }
        told.put("details", list);
        return told;
    }

    private static String stage(final GatewayException failed) {
        if (failed instanceof EndorseException) {
            return "endorse";
        }
        if (failed instanceof SubmitException) {
            return "submit";
        }
        return failed instanceof CommitStatusException ? "commitStatus" : "call";
    }

    private static JsonElement parsed(final byte[] json) {
        return JsonParser.parseString(new String(json, StandardCharsets.UTF_8));
    }

    private static Map<String, Object> object(final String name, final Object value) {
        final Map<String, Object> object = new LinkedHashMap<>();
        object.put(name, value);
        return object;
    }

    private static Map<String, Object> object(
            final String name, final Object value, final String other, final Object otherValue) {
        final Map<String, Object> object = object(name, value);
        object.put(other, otherValue);
        return object;
    }
}
