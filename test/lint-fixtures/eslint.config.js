// The rules of the house, for the folder of their violations.
import { house } from '../../eslint.config.js';

export default house(import.meta.dirname);
