/** A live page over the pools and connectors of this process, mountable in any Node HTTP server. */
export type { Action } from "./action.js";
export { dashboard, type Dashboard } from "./dashboard.js";
export { fastifyDashboard, type FastifyDashboardOptions, type FastifyHost } from "./fastify.js";
export { dashboardOptions, type DashboardOptions } from "./options.js";
