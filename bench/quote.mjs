// Calls the JavaScript library @phala/dcap-qvl for `peers.py`.
//
//   node quote.mjs FOLDER/package.json [browser]
//
// FOLDER has the package in its node_modules.  On Node the library verifies signatures by Node's
// own OpenSSL; where there is a window it takes itself to be in a browser, and does all of it in
// JavaScript.

import { createRequire } from 'node:module'
import { serve } from '../tests/interop/serve.mjs'

if (process.argv[3] === 'browser') globalThis.window = {}
const { QuoteVerifier } = createRequire(process.argv[2])('@phala/dcap-qvl')
const verifier = QuoteVerifier.newProd()

const said = report => [report.status, report.advisory_ids]

const functions = {
  cold: (quote, text, now) => said(verifier.verify(quote, JSON.parse(text), now)),
  warm: (quote, collateral, now) => said(verifier.verify(quote, collateral, now)),
}

const prepare = (name, [quote, text, now]) =>
  [Buffer.from(quote, 'hex'), name === 'warm' ? JSON.parse(text) : text, Number(now)]

await serve(functions, prepare)
