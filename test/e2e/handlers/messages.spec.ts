import { itIsTracked } from '../../support/handlers/expectation.js';
import { messageKinds } from '../../support/handlers/message-kinds.js';

messageKinds.forEach(itIsTracked);
