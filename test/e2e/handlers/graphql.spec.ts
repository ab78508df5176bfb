import { itIsTracked } from '../../support/handlers/expectation.js';
import { graphqlKinds } from '../../support/handlers/graphql-kinds.js';

graphqlKinds.forEach(itIsTracked);
