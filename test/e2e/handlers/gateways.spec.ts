import { itIsTracked } from '../../support/handlers/expectation.js';
import { gatewayKinds } from '../../support/handlers/gateway-kinds.js';

gatewayKinds.forEach(itIsTracked);
