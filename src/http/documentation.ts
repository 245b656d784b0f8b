// `/openapi.json`, and `/docs` to read it: Swagger UI from its package, nothing from another host.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';
import { projectRoot } from '../platform/project-root.js';
import { parseYaml } from '../platform/yaml-file.js';

// Found, not loaded: the package's main file reads 2 MB of scripts for browsers at every start.
const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/index.html'));
const ASSETS = [
  'swagger-ui.css',
  'index.css',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
];
const INITIALIZER = `window.onload = () => {
  window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });
};`;

/** Reads the OpenAPI document. */
export function readOpenapi(): object {
  return parseYaml(readFileSync(join(projectRoot, 'src/http/openapi.yaml'), 'utf8')) as object;
}

/** Makes the handler of `GET /openapi.json`. */
export function showDocument(): RequestHandler {
  const openapi = JSON.stringify(readOpenapi());
  return (_request, response) => {
    response.type('application/json').send(openapi);
  };
}

/** Makes the handler of `GET /docs`. */
export function showPage(): RequestHandler {
  const page = readFileSync(join(SWAGGER_UI, 'index.html'), 'utf8')
    .replace('Swagger UI', 'Credit exchange gateway · 信用信息交换网关')
    .replaceAll('href="./', 'href="/docs/')
    .replaceAll('href="index.css"', 'href="/docs/index.css"')
    .replaceAll('src="./', 'src="/docs/');
  return (_request, response) => {
    response.type('html').send(page);
  };
}

/** Makes the routes of what the page of `/docs` loads. */
export function documentationAssets(): Router {
  const router = express.Router();
  router.get('/swagger-initializer.js', (_request, response) => {
    response.type('application/javascript').send(INITIALIZER);
  });
  for (const name of ASSETS)
    router.get(`/${name}`, (_request, response) => {
      response.sendFile(name, { root: SWAGGER_UI });
    });
  return router;
}
