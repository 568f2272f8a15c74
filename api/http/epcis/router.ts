import express, { Router } from 'express';
import { getJob, getJobs, postCapture, postEvent } from './capture-routes.ts';
import { MEDIA_TYPES, type EpcisServices } from './exchange.ts';
import { getEvent, getEvents, getEventTypes } from './query-routes.ts';

const EPCIS_VERSION = '2.0.0';
const CBV_VERSION = '2.0.0';

/** The REST bindings of EPCIS 2.0 (section 12), for mounting at `/epcis` behind the table of doors. */
export function epcisRouter(services: EpcisServices): Router {
  const body = express.raw({ type: MEDIA_TYPES, limit: services.config.maxBodyBytes });
  return Router()
    .use((_req, res, next) => {
      res.set({
        'GS1-EPCIS-Version': EPCIS_VERSION,
        'GS1-CBV-Version': CBV_VERSION,
        'Cache-Control': 'no-store',
      });
      next();
    })
    .post('/capture', body, (req, res) => postCapture(services, req, res))
    .get('/capture', (req, res) => getJobs(services, req, res))
    .get('/capture/:id', (req, res) => getJob(services, req, res))
    .post('/events', body, (req, res) => postEvent(services, req, res))
    .get('/events', (req, res) => getEvents(services, req, res))
    .get('/events/:id', (req, res) => getEvent(services, req, res))
    .get('/eventTypes', (_req, res) => getEventTypes(res));
}
