// breaks: nothing
import { route } from './http/route.js';
import { city } from './sandbox/city.js';

export const app = { route, city };
