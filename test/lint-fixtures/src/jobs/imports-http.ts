// breaks: import-x/no-restricted-paths
import { route } from '../http/route.js';

export const again = route;
