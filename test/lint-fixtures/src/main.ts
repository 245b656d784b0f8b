// breaks: nothing
import { app } from './app.js';

console.log(app.route);
