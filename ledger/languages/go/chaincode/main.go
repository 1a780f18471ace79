// A chaincode server that does what its argument says, in one transaction: `run` with a JSON list of steps.
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/statebased"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func main() {
	server := &shim.ChaincodeServer{
		CCID:     os.Getenv("CHAINCODE_ID"),
		Address:  os.Getenv("CHAINCODE_SERVER_ADDRESS"),
		CC:       steps{},
		TLSProps: shim.TLSProperties{Disabled: true},
	}
	log.Fatal(server.Start())
}

type steps struct{}

func (steps) Init(shim.ChaincodeStubInterface) *peer.Response {
	return shim.Success(nil)
}

func (steps) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	_, parameters := stub.GetFunctionAndParameters()
	if len(parameters) != 1 {
		return shim.Error("expected a list of steps")
	}
	var list [][]any
	if err := json.Unmarshal([]byte(parameters[0]), &list); err != nil {
		return shim.Error(err.Error())
	}
	results := make([]any, 0, len(list))
	for _, step := range list {
		result, err := take(stub, step)
		if err != nil {
			return shim.Error(err.Error())
		}
		results = append(results, result)
	}
	payload, err := json.Marshal(results)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(payload)
}

func take(stub shim.ChaincodeStubInterface, step []any) (any, error) {
	arg := func(i int) string {
		if i+1 >= len(step) {
			return ""
		}
		return fmt.Sprint(step[i+1])
	}
	switch step[0] {
	case "get":
		return text(stub.GetState(arg(0)))
	case "put":
		return nil, stub.PutState(arg(0), []byte(arg(1)))
	case "delete":
		return nil, stub.DelState(arg(0))
	case "range":
		iterator, err := stub.GetStateByRange(arg(0), arg(1))
		return entries(iterator, err)
	case "page":
		iterator, metadata, err := stub.GetStateByRangeWithPagination(arg(0), arg(1), int32(step[3].(float64)), arg(3))
		found, err := entries(iterator, err)
		if err != nil {
			return nil, err
		}
		return map[string]any{
			"entries": found, "bookmark": metadata.GetBookmark(), "count": metadata.GetFetchedRecordsCount(),
		}, nil
	case "query":
		iterator, err := stub.GetQueryResult(arg(0))
		return entries(iterator, err)
	case "history":
		return history(stub, arg(0))
	case "setPolicy":
		policy, err := peersOf(step[2].([]any))
		if err != nil {
			return nil, err
		}
		return nil, stub.SetStateValidationParameter(arg(0), policy)
	case "getPolicy":
		policy, err := stub.GetStateValidationParameter(arg(0))
		return len(policy), err
	case "getPrivate":
		return text(stub.GetPrivateData(arg(0), arg(1)))
	case "getPrivateHash":
		hash, err := stub.GetPrivateDataHash(arg(0), arg(1))
		return hex.EncodeToString(hash), err
	case "putPrivate":
		return nil, stub.PutPrivateData(arg(0), arg(1), []byte(arg(2)))
	case "putTransient":
		transient, err := stub.GetTransient()
		if err != nil {
			return nil, err
		}
		return nil, stub.PutPrivateData(arg(0), arg(1), transient[arg(2)])
	case "deletePrivate":
		return nil, stub.DelPrivateData(arg(0), arg(1))
	case "purgePrivate":
		return nil, stub.PurgePrivateData(arg(0), arg(1))
	case "rangePrivate":
		iterator, err := stub.GetPrivateDataByRange(arg(0), arg(1), arg(2))
		return entries(iterator, err)
	case "setPrivatePolicy":
		policy, err := peersOf(step[3].([]any))
		if err != nil {
			return nil, err
		}
		return nil, stub.SetPrivateDataValidationParameter(arg(0), arg(1), policy)
	case "event":
		return nil, stub.SetEvent(arg(0), []byte(arg(1)))
	case "invoke":
		list, err := json.Marshal(step[2])
		if err != nil {
			return nil, err
		}
		response := stub.InvokeChaincode(arg(0), [][]byte{[]byte("run"), list}, arg(2))
		return map[string]any{
			"status": response.GetStatus(), "payload": string(response.GetPayload()), "message": response.GetMessage(),
		}, nil
	case "fail":
		return nil, errors.New(arg(0))
	case "organisation":
		return os.Getenv("CORE_PEER_LOCALMSPID"), nil
	case "putOrganisation":
		return nil, stub.PutState(arg(0), []byte(os.Getenv("CORE_PEER_LOCALMSPID")))
	case "creator":
		return cid.GetMSPID(stub)
	// These two are of the Go shim alone: with Fabric 3 and later it sends many keys in one message.
	case "getMany":
		values, err := stub.GetMultipleStates(texts(step[1].([]any))...)
		if err != nil {
			return nil, err
		}
		found := make([]string, 0, len(values))
		for _, value := range values {
			found = append(found, string(value))
		}
		return found, nil
	case "putMany":
		stub.StartWriteBatch()
		for _, key := range texts(step[1].([]any)) {
			if err := stub.PutState(key, []byte(arg(1))); err != nil {
				return nil, err
			}
		}
		return nil, stub.FinishWriteBatch()
	default:
		return nil, fmt.Errorf("no such step: %v", step[0])
	}
}

func text(value []byte, err error) (any, error) {
	return string(value), err
}

func texts(values []any) []string {
	result := make([]string, 0, len(values))
	for _, value := range values {
		result = append(result, fmt.Sprint(value))
	}
	return result
}

func entries(iterator shim.StateQueryIteratorInterface, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	defer iterator.Close() //nolint:errcheck
	found := [][2]string{}
	for iterator.HasNext() {
		entry, err := iterator.Next()
		if err != nil {
			return nil, err
		}
		found = append(found, [2]string{entry.GetKey(), string(entry.GetValue())})
	}
	return found, nil
}

func history(stub shim.ChaincodeStubInterface, key string) (any, error) {
	iterator, err := stub.GetHistoryForKey(key)
	if err != nil {
		return nil, err
	}
	defer iterator.Close() //nolint:errcheck
	found := []any{}
	for iterator.HasNext() {
		change, err := iterator.Next()
		if err != nil {
			return nil, err
		}
		found = append(found, map[string]any{
			"value": string(change.GetValue()), "deleted": change.GetIsDelete(), "txId": change.GetTxId(),
		})
	}
	return found, nil
}

func peersOf(organizations []any) ([]byte, error) {
	policy, err := statebased.NewStateEP(nil)
	if err != nil {
		return nil, err
	}
	if err := policy.AddOrgs(statebased.RoleTypePeer, texts(organizations)...); err != nil {
		return nil, err
	}
	return policy.Policy()
}
