// breaks: import-x/no-restricted-paths
import '../main.js';
