import { createInProcessDispatcher } from '../../../src/platform/in-process-dispatcher.js';
import { describeDispatcherContract } from '../../helpers/dispatcher-contract.js';

describe('the dispatcher in this process', () => {
  describeDispatcherContract((log) => createInProcessDispatcher({ log }));
});
