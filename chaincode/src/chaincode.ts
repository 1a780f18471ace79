import 'reflect-metadata';
import { type Contract, JSONSerializer } from 'fabric-contract-api';
import type { ChaincodeInterface } from 'fabric-shim-api';
import type { Consortium } from '@proofward/evidence';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract';
import { AmendmentContract } from './contracts/amendments';
import { AttestationContract } from './contracts/attestations';
import { BatchContract } from './contracts/batches';
import { DatasetContract } from './contracts/datasets';
import { DeploymentContract } from './contracts/deployments';
import { DisclosureRequestContract } from './contracts/disclosure-requests';
import { DisclosureContract } from './contracts/disclosures';
import { DisputeStatementContract } from './contracts/dispute-statements';
import { DisputeContract } from './contracts/disputes';
import { GrantContract } from './contracts/grants';
import { IncidentContract } from './contracts/incidents';
import { ModelContract } from './contracts/models';
import { PlanContract } from './contracts/plans';
import { PolicyContract } from './contracts/policies';
import { ProposalContract } from './contracts/proposals';
import { ResponseContract } from './contracts/responses';
import { ReleaseDecisionContract } from './contracts/release-decisions';
import { RoleContract } from './contracts/roles';
import { SettingContract } from './contracts/settings';
import { SignOffContract } from './contracts/sign-offs';
import { VoteContract } from './contracts/votes';
import { WaiverContract } from './contracts/waivers';

/** The chaincode of a consortium: its contracts behind the shim's interface. */
export function proofwardChaincode(consortium: Consortium): ChaincodeInterface {
  const serializers = { transaction: 'jsonSerializer', serializers: { jsonSerializer: JSONSerializer } };
  const contracts = [
    DatasetContract,
    GrantContract,
    ModelContract,
    PlanContract,
    AttestationContract,
    PolicyContract,
    ResponseContract,
    IncidentContract,
    withConsortium(DisputeContract, consortium),
    DisputeStatementContract,
    AmendmentContract,
    withConsortium(DisclosureRequestContract, consortium),
    DisclosureContract,
    SignOffContract,
    WaiverContract,
    withConsortium(ReleaseDecisionContract, consortium),
    withConsortium(DeploymentContract, consortium),
    BatchContract,
    withConsortium(ProposalContract, consortium),
    withConsortium(VoteContract, consortium),
    withConsortium(SettingContract, consortium),
    withConsortium(RoleContract, consortium),
  ];
  return new ChaincodeFromContract(contracts, serializers, {}, 'proofward', '1.0');
}

/** The shim makes its contracts itself, from classes without arguments. */
function withConsortium<T extends Contract>(
  contract: new (consortium: Consortium) => T,
  consortium: Consortium,
): new () => T {
  const Base = contract as new (consortium: Consortium) => Contract;
  return class extends Base {
    constructor() {
      super(consortium);
    }
  } as unknown as new () => T;
}
