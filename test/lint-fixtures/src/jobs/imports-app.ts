// breaks: import-x/no-restricted-paths
import { app } from '../app.js';

export const whole = app;
