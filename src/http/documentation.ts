// `/openapi.json`, and `/docs` to read it: Swagger UI from its package, nothing from another host.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Router } from 'express';
import { absolutePath } from 'swagger-ui-dist';
import { projectRoot } from '../platform/project-root.js';
import { parseYaml } from '../platform/yaml-file.js';

const INITIALIZER = `window.onload = () => {
  window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });
};`;

/** Reads the OpenAPI document. */
export function readOpenapi(): object {
  return parseYaml(readFileSync(join(projectRoot, 'src/http/openapi.yaml'), 'utf8')) as object;
}

/** Makes the routes of the documentation. */
export function documentation(): Router {
  const router = express.Router();
  const openapi = JSON.stringify(readOpenapi());
  const assets = absolutePath();
  const page = readFileSync(join(assets, 'index.html'), 'utf8')
    .replace('Swagger UI', 'Credit exchange gateway · 信用信息交换网关')
    .replaceAll('href="./', 'href="/docs/')
    .replaceAll('href="index.css"', 'href="/docs/index.css"')
    .replaceAll('src="./', 'src="/docs/');
  router.get('/openapi.json', (_request, response) => {
    response.type('application/json').send(openapi);
  });
  router.get('/docs', (_request, response) => {
    response.type('html').send(page);
  });
  router.get('/docs/swagger-initializer.js', (_request, response) => {
    response.type('application/javascript').send(INITIALIZER);
  });
  router.use('/docs', express.static(assets, { index: false }));
  return router;
}
