// Adapter of the npm package @axlabs/venice-e2ee; started by npm.py with the folder of packages.

import { clients, hello } from './clients.mjs'
import { serve } from './served.mjs'

const POLICY = [
  'policy.gpu', 'policy.gpu_fleet', 'policy.measurements', 'policy.min_tcb_evaluation_number',
  'policy.nonce_binding', 'policy.rejected_advisories', 'policy.tcb_statuses',
]
const implementation = {
  name: '@axlabs/venice-e2ee',
  version: '0.2.0',
  url: 'https://www.npmjs.com/package/@axlabs/venice-e2ee',
  issues_url: 'https://github.com/AxLabs/venice-e2ee/issues',
}
const operations = await clients(process.argv[2], implementation.name, {})
await serve(hello(implementation, POLICY, { without: ['allow_plaintext'] }), operations)
