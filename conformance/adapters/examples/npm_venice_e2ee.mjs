// Adapter of the npm package venice-e2ee; started by npm.py with the folder of packages.

import { clients, hello } from './clients.mjs'
import { serve } from './served.mjs'

const POLICY = [
  'policy.gpu', 'policy.gpu_fleet', 'policy.measurements', 'policy.min_tcb_evaluation_number',
  'policy.nonce_binding', 'policy.rejected_advisories', 'policy.tcb_statuses',
]
const implementation = {
  name: 'venice-e2ee',
  version: '0.5.3',
  url: 'https://www.npmjs.com/package/venice-e2ee',
  issues_url: 'https://github.com/elkimek/venice-e2ee/issues',
}
const operations = await clients(process.argv[2], implementation.name, {
  plaintextOption: true,
  dcapOptions: true,
  modelOption: true,
})
await serve(hello(implementation, POLICY, {}), operations)
