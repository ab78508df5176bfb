export { EventLog } from '../../lib/testing/event-log.js';
