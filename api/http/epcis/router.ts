import express, { Router } from 'express';
import { MAX_CHANGES_IN_UPDATE } from '../../approval/shape.ts';
import { getJob, getJobs, postCapture, postEvent } from './capture-routes.ts';
import { MEDIA_TYPES, type EpcisServices } from './exchange.ts';
import { getEvent, getEvents, getEventTypes } from './query-routes.ts';

const EPCIS_VERSION = '2.0.0';
const CBV_VERSION = '2.0.0';

/**
 * The REST bindings of EPCIS 2.0 (section 12), for mounting at `/epcis` behind the table of doors. OPTIONS tells the methods
 * of each resource. Not offered: the top-level resources epcs, bizSteps, bizLocations, readPoints and dispositions (ask
 * `/events` with MATCH_anyEPC, EQ_bizStep ...), named queries with their subscriptions, and XML.
 */
export function epcisRouter(services: EpcisServices): Router {
  const body = express.raw({ type: MEDIA_TYPES, limit: services.config.maxBodyBytes });
  const settings = {
    'GS1-EPCIS-Min': EPCIS_VERSION,
    'GS1-EPCIS-Max': EPCIS_VERSION,
    'GS1-Capture-Error-Behaviour': 'rollback',
    'GS1-EPCIS-Capture-Limit': String(MAX_CHANGES_IN_UPDATE),
    'GS1-EPCIS-Capture-File-Size-Limit': String(services.config.maxBodyBytes),
  };
  return Router()
    .use((req, res, next) => {
      res.set({
        'GS1-EPCIS-Version': EPCIS_VERSION,
        'GS1-CBV-Version': CBV_VERSION,
        'Cache-Control': 'no-store',
      });
      if (req.method === 'OPTIONS') res.set(settings);
      next();
    })
    .post('/capture', body, (req, res) => postCapture(services, req, res))
    .get('/capture', (req, res) => getJobs(services, req, res))
    .get('/capture/:id', (req, res) => getJob(services, req, res))
    .post('/events', body, (req, res) => postEvent(services, req, res))
    .get('/events', (req, res) => getEvents(services, req, res))
    .get('/events/:id', (req, res) => getEvent(services, req, res))
    .get('/eventTypes', (_req, res) => getEventTypes(res))
    .get('/eventTypes/:type/events', (req, res) => getEvents(services, req, res))
    .options('/', (_req, res) => void res.status(204).set('Allow', 'OPTIONS').end());
}
