// A client program of one organisation: the calls in the JSON list on standard input, one after the other, and what
// each told as a JSON list on standard output.
//
//	client CONNECTION_JSON MSP_ID
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

type connection struct {
	Channel string
	Orgs    []struct {
		MspID         string
		PeerEndpoint  string
		PeerHostAlias string
		TLSRootPath   string
		Users         []struct{ CertPath, KeyPath string }
	}
}

type call struct {
	Call      string
	Chaincode string
	Steps     json.RawMessage
	Endorsers []string
	Transient map[string]string
	From      uint64
	Count     int
}

type object = map[string]any

type session struct {
	gateway *client.Gateway
	// Does not sign by itself: what it makes is signed by sign.
	unsigned *client.Gateway
	sign     identity.Sign
	network  *client.Network
	channel  string
	// The number of the first block of this session; numbers are told relative to it.
	base uint64
}

func main() {
	var calls []call
	check(json.NewDecoder(os.Stdin).Decode(&calls))
	profile := connection{}
	bytes, err := os.ReadFile(os.Args[1])
	check(err)
	check(json.Unmarshal(bytes, &profile))
	s := connect(profile, os.Args[2])
	results := make([]any, 0, len(calls))
	for _, c := range calls {
		result, err := s.perform(c)
		if err != nil {
			result = object{"error": failure(err)}
		}
		results = append(results, result)
	}
	check(json.NewEncoder(os.Stdout).Encode(results))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func connect(profile connection, mspID string) *session {
	for _, org := range profile.Orgs {
		if org.MspID != mspID {
			continue
		}
		tls, err := credentials.NewClientTLSFromFile(org.TLSRootPath, org.PeerHostAlias)
		check(err)
		channel, err := grpc.NewClient(org.PeerEndpoint, grpc.WithTransportCredentials(tls))
		check(err)
		certificatePem, err := os.ReadFile(org.Users[0].CertPath)
		check(err)
		certificate, err := identity.CertificateFromPEM(certificatePem)
		check(err)
		id, err := identity.NewX509Identity(mspID, certificate)
		check(err)
		keyPem, err := os.ReadFile(org.Users[0].KeyPath)
		check(err)
		key, err := identity.PrivateKeyFromPEM(keyPem)
		check(err)
		sign, err := identity.NewPrivateKeySign(key)
		check(err)
		options := []client.ConnectOption{client.WithClientConnection(channel), client.WithHash(hash.SHA256)}
		unsigned, err := client.Connect(id, options...)
		check(err)
		signing, err := client.Connect(id, append(options, client.WithSign(sign))...)
		check(err)
		return &session{
			gateway: signing, unsigned: unsigned, sign: sign, channel: profile.Channel,
			network: signing.GetNetwork(profile.Channel),
		}
	}
	log.Fatalf("no organisation %s in the connection profile", mspID)
	return nil
}

func (s *session) perform(c call) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	contract := s.network.GetContract(c.Chaincode)
	switch c.Call {
	case "mark":
		bytes, err := s.network.GetContract("qscc").EvaluateTransaction("GetChainInfo", s.channel)
		if err != nil {
			return nil, err
		}
		info := &common.BlockchainInfo{}
		err = proto.Unmarshal(bytes, info)
		s.base = info.GetHeight()
		return nil, err
	case "evaluate":
		return result(contract.EvaluateWithContext(ctx, "run", c.options()...))
	case "submit":
		return result(contract.SubmitWithContext(ctx, "run", c.options()...))
	case "submitAsync":
		payload, commit, err := contract.SubmitAsyncWithContext(ctx, "run", c.options()...)
		if err != nil {
			return nil, err
		}
		return s.committed(ctx, payload, commit)
	case "offline":
		return s.offline(ctx, c)
	case "chaincodeEvents":
		return s.chaincodeEvents(ctx, c)
	case "checkpoint":
		return s.checkpoint(ctx, c)
	case "blocks":
		return collect(ctx, c.Count, s.network.BlockEvents, s.fullBlock, client.WithStartBlock(s.base+c.From))
	case "filteredBlocks":
		return collect(ctx, c.Count, s.network.FilteredBlockEvents, s.filteredBlock, client.WithStartBlock(s.base+c.From))
	case "blocksWithPrivateData":
		return collect(ctx, c.Count, s.network.BlockAndPrivateDataEvents, s.privateBlock, client.WithStartBlock(s.base+c.From))
	default:
		return nil, fmt.Errorf("no such call: %s", c.Call)
	}
}

func (c call) options() []client.ProposalOption {
	options := []client.ProposalOption{client.WithArguments(string(c.Steps))}
	if c.Endorsers != nil {
		options = append(options, client.WithEndorsingOrganizations(c.Endorsers...))
	}
	if c.Transient != nil {
		transient := map[string][]byte{}
		for name, value := range c.Transient {
			transient[name] = []byte(value)
		}
		options = append(options, client.WithTransient(transient))
	}
	return options
}

func result(payload []byte, err error) (any, error) {
	return object{"result": json.RawMessage(payload)}, err
}

func (s *session) committed(ctx context.Context, payload []byte, commit *client.Commit) (any, error) {
	status, err := commit.StatusWithContext(ctx)
	if err != nil {
		return nil, err
	}
	return object{
		"result": json.RawMessage(payload), "code": int32(status.Code), "successful": status.Successful,
		"block": status.BlockNumber - s.base,
	}, nil
}

type signable interface {
	Bytes() ([]byte, error)
	Digest() []byte
}

// signed gives the bytes of what is to be signed and the signature, as they come back from another machine.
func (s *session) signed(message signable) ([]byte, []byte) {
	bytes, err := message.Bytes()
	check(err)
	signature, err := s.sign(message.Digest())
	check(err)
	return bytes, signature
}

func (s *session) offline(ctx context.Context, c call) (any, error) {
	unsignedProposal, err := s.unsigned.GetNetwork(s.channel).GetContract(c.Chaincode).NewProposal("run", c.options()...)
	if err != nil {
		return nil, err
	}
	proposal, err := s.unsigned.NewSignedProposal(s.signed(unsignedProposal))
	if err != nil {
		return nil, err
	}
	unsignedTransaction, err := proposal.EndorseWithContext(ctx)
	if err != nil {
		return nil, err
	}
	transaction, err := s.unsigned.NewSignedTransaction(s.signed(unsignedTransaction))
	if err != nil {
		return nil, err
	}
	unsignedCommit, err := transaction.SubmitWithContext(ctx)
	if err != nil {
		return nil, err
	}
	commit, err := s.unsigned.NewSignedCommit(s.signed(unsignedCommit))
	if err != nil {
		return nil, err
	}
	return s.committed(ctx, transaction.Result(), commit)
}

func (s *session) event(event *client.ChaincodeEvent) any {
	return []any{event.ChaincodeName, event.EventName, string(event.Payload), event.BlockNumber - s.base}
}

func (s *session) chaincodeEvents(ctx context.Context, c call) (any, error) {
	events, err := s.network.ChaincodeEvents(ctx, c.Chaincode, client.WithStartBlock(s.base+c.From))
	if err != nil {
		return nil, err
	}
	found := []any{}
	for len(found) < c.Count {
		event, open := <-events
		if !open {
			return nil, errors.New("the stream of events ended")
		}
		found = append(found, s.event(event))
	}
	return found, nil
}

// checkpoint reads one event, remembers it in a file, and reads the next with what the file says.
func (s *session) checkpoint(ctx context.Context, c call) (any, error) {
	folder, err := os.MkdirTemp("", "checkpoint-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck
	found := []any{}
	for range 2 {
		event, err := s.nextEvent(ctx, c, filepath.Join(folder, "file"))
		if err != nil {
			return nil, err
		}
		found = append(found, event)
	}
	return found, nil
}

func (s *session) nextEvent(ctx context.Context, c call, file string) (any, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	checkpointer, err := client.NewFileCheckpointer(file)
	if err != nil {
		return nil, err
	}
	defer checkpointer.Close() //nolint:errcheck
	events, err := s.network.ChaincodeEvents(
		ctx, c.Chaincode, client.WithStartBlock(s.base+c.From), client.WithCheckpoint(checkpointer),
	)
	if err != nil {
		return nil, err
	}
	event, open := <-events
	if !open {
		return nil, errors.New("the stream of events ended")
	}
	return s.event(event), checkpointer.CheckpointChaincodeEvent(event)
}

func collect[T any](
	ctx context.Context,
	count int,
	open func(context.Context, ...client.BlockEventsOption) (<-chan T, error),
	tell func(T) any,
	options ...client.BlockEventsOption,
) (any, error) {
	events, err := open(ctx, options...)
	if err != nil {
		return nil, err
	}
	found := []any{}
	for len(found) < count {
		event, open := <-events
		if !open {
			return nil, errors.New("the stream of blocks ended")
		}
		found = append(found, tell(event))
	}
	return found, nil
}

func (s *session) fullBlock(block *common.Block) any {
	codes := []int{}
	for _, code := range block.GetMetadata().GetMetadata()[common.BlockMetadataIndex_TRANSACTIONS_FILTER] {
		codes = append(codes, int(code))
	}
	return object{
		"number": block.GetHeader().GetNumber() - s.base, "transactions": len(block.GetData().GetData()), "codes": codes,
	}
}

func (s *session) filteredBlock(block *peer.FilteredBlock) any {
	transactions := []any{}
	for _, transaction := range block.GetFilteredTransactions() {
		events := []any{}
		for _, action := range transaction.GetTransactionActions().GetChaincodeActions() {
			event := action.GetChaincodeEvent()
			events = append(events, []any{event.GetChaincodeId(), event.GetEventName(), len(event.GetPayload())})
		}
		transactions = append(transactions, object{
			"type": int32(transaction.GetType()), "code": int32(transaction.GetTxValidationCode()), "events": events,
		})
	}
	return object{"number": block.GetNumber() - s.base, "channel": block.GetChannelId(), "transactions": transactions}
}

func (s *session) privateBlock(block *peer.BlockAndPrivateData) any {
	writes := []any{}
	for index, set := range block.GetPrivateDataMap() {
		for _, namespace := range set.GetNsPvtRwset() {
			for _, collection := range namespace.GetCollectionPvtRwset() {
				writes = append(writes, privateWrites(index, namespace, collection)...)
			}
		}
	}
	return object{"block": s.fullBlock(block.GetBlock()), "private": writes}
}

func privateWrites(index uint64, namespace *rwset.NsPvtReadWriteSet, collection *rwset.CollectionPvtReadWriteSet) []any {
	set := &kvrwset.KVRWSet{}
	check(proto.Unmarshal(collection.GetRwset(), set))
	found := []any{}
	for _, write := range set.GetWrites() {
		found = append(found, []any{
			index, namespace.GetNamespace(), collection.GetCollectionName(), write.GetKey(), string(write.GetValue()),
		})
	}
	return found
}

func failure(err error) any {
	var commit *client.CommitError
	if errors.As(err, &commit) {
		return object{"stage": "commit", "code": int32(commit.Code)}
	}
	found := status.Convert(err)
	details := []any{}
	for _, detail := range found.Details() {
		if detail, ok := detail.(*gateway.ErrorDetail); ok {
			details = append(details, object{
				"address": detail.GetAddress(), "mspId": detail.GetMspId(), "message": detail.GetMessage(),
			})
		}
	}
	return object{"stage": stage(err), "code": int(found.Code()), "message": found.Message(), "details": details}
}

func stage(err error) string {
	var endorse *client.EndorseError
	var submit *client.SubmitError
	var commitStatus *client.CommitStatusError
	switch {
	case errors.As(err, &endorse):
		return "endorse"
	case errors.As(err, &submit):
		return "submit"
	case errors.As(err, &commitStatus):
		return "commitStatus"
	default:
		return "call"
	}
}
