import { kindList } from '../kinds.js';
import { accessLogRoutes } from './access-log-routes.js';
import { amendmentRoutes } from './amendment-routes.js';
import { disclosureRoutes } from './disclosure-routes.js';
import { networkRoutes } from './network-routes.js';
import { receiptRoutes } from './receipt-routes.js';
import { recordRoutes } from './record-routes.js';
import { releaseRoutes } from './release-routes.js';
import { roleRoutes } from './role-routes.js';
import type { Route } from './route.js';
import { searchRoutes } from './search-routes.js';
import { traceRoutes } from './trace-routes.js';
import type { Services } from './services.js';

/** All operations that need an API key. */
export function allRoutes(services: Services): Route[] {
  return [
    ...kindList.flatMap((kind) => recordRoutes(kind, services)),
    ...releaseRoutes(services),
    ...amendmentRoutes(services),
    ...disclosureRoutes(services),
    ...receiptRoutes(services),
    ...traceRoutes(services),
    ...roleRoutes(services),
    ...searchRoutes(services),
    ...accessLogRoutes(services),
    ...networkRoutes(services),
  ];
}
