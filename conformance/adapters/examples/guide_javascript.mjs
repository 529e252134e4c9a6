// Adapter of the JavaScript sample in the vendor's guide; started by guide_javascript.py with the
// folder in which the sample's blocks lie.

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Refused, Unsupported, answerOf, bytes, native, pieces } from './served.mjs'
import { protocolHeaders, released, response, serve, textOf, watched, withFetch } from './served.mjs'

const CHAT_MILLISECONDS = 60_000
// What the complete example prints before the text, and where it takes the answer for whole.
const SHOWN = '\u{1f4e5} Decrypting response...\n\n'
const CLAIM = '\n\n\u{1f510} Response decrypted end-to-end\n'

const [, , folder, facts] = process.argv
const { version, literals } = JSON.parse(facts)
const { encryptMessage, sendE2EERequest } = await import(pathToFileURL(join(folder, 'request.mjs')))
const { decryptChunk, processE2EEStream } = await import(pathToFileURL(join(folder, 'decrypt.mjs')))
const { attest, nonce } = await import(pathToFileURL(join(folder, 'attest.mjs')))
const { publicKeyOf } = await import(pathToFileURL(join(folder, 'keys.mjs')))

// sendE2EERequest, and what it hands to fetch.
async function send(messages, model, context) {
  let sent
  const take = (url, options) => {
    sent = options
    return new Response('')
  }
  await withFetch(take, () => sendE2EERequest(messages, model, { publicKeyHex: '', ...context }, 'key'))
  return sent
}

const operations = {
  // sendE2EERequest, which encrypts to the key, and returns the header that it sends.
  'key.parse': async given => {
    const message = { role: 'user', content: 'x' }
    const { headers } = await send([message], 'model', { modelPublicKey: given.text })
    return { public: headers['X-Venice-TEE-Model-Pub-Key'] }
  },

  // encryptMessage.
  'field.seal': given => ({ envelope: encryptMessage(textOf(given), given.recipient) }),

  // decryptChunk.
  'field.open': given => {
    const secret = bytes(given.secret)
    for (const envelope of given.before ?? []) decryptChunk(envelope, secret)
    return { text: decryptChunk(given.envelope + '0'.repeat(given.zeros ?? 0), secret) }
  },

  // sendE2EERequest, and what it hands to fetch.
  'request.build': async given => {
    if (Object.keys(given.options ?? {}).length > 0) throw new Unsupported('options: sendE2EERequest takes none')
    const messages = given.repeat ? Array(given.repeat).fill(given.messages).flat() : given.messages
    const context = { publicKeyHex: publicKeyOf(given.client_secret), modelPublicKey: given.model_key }
    const { headers, body } = await send(messages, given.model, context)
    const built = { headers: protocolHeaders(headers), body: JSON.parse(body) }
    return given.show_messages ? { ...built, messages_after: messages } : built
  },

  // processE2EEStream; that it returns is its word for complete.
  'stream.open': async given => {
    if (given.allow_plaintext === true) throw new Unsupported('allow_plaintext: there is no such option')
    const answer = response(pieces(given), given.content_type)
    const { value, error, printed } = await watched(() =>
      processE2EEStream(answer, bytes(given.private_key)),
    )
    if (error !== undefined) throw new Refused(native(error), released(printed))
    return { released: released(value), complete: true }
  },

  // fetchAndVerifyAttestation, which asks fetch and crypto.randomBytes.
  'attestation.verify': async given => {
    nonce.draw = () => Buffer.from(given.nonce ?? '', 'hex')
    const result = await withFetch(() => new Response(answerOf(given)), () => attest(given.model, 'key'))
    nonce.draw = randomBytes
    return { model_key: result.modelPublicKey }
  },

  // The complete example, as a program of its own.  It sends one message, that of the user.
  'client.chat': given => {
    const prompt = given.messages.filter(({ role }) => role === 'user').at(-1).content
    let code = readFileSync(join(folder, 'complete.txt'), 'utf8')
    code = code.replace(literals.base_url, () => given.base_url)
    code = code.replace(`'${literals.model}'`, () => JSON.stringify(given.model))
    code = code.replace(`'${literals.prompt}'`, () => JSON.stringify(prompt))
    const done = spawnSync(process.execPath, ['--input-type=module', '-'], {
      input: code,
      cwd: folder, // where its packages are found
      env: { API_KEY_VENICE: given.api_key },
      timeout: CHAT_MILLISECONDS,
      maxBuffer: 64 * 1024 * 1024,
    })
    const printed = done.stdout.toString('utf8')
    const text = printed.slice(printed.indexOf(SHOWN) + SHOWN.length)
    if (!printed.includes(SHOWN) || !text.endsWith(CLAIM)) {
      const shown = printed.includes(SHOWN) ? text : ''
      const said = done.stderr.toString('utf8').trim().split('\n')[0]
      throw new Refused(said || 'it printed no end', shown)
    }
    return { text: text.slice(0, -CLAIM.length), complete: true }
  },
}

const hello = {
  protocol: 1,
  implementation: {
    name: 'guide-javascript',
    version,
    language: `JavaScript (Node ${process.versions.node})`,
    url: 'https://docs.venice.ai/guides/features/tee-e2ee-models',
  },
  operations: {
    'key.parse': {},
    'field.seal': {},
    'field.open': {},
    'request.build': { without: ['options'] },
    'stream.open': {
      without: ['allow_plaintext'],
      omits: ['id', 'model', 'finish_reason', 'usage'],
    },
    'attestation.verify': {
      without: [
        'policy.gpu', 'policy.gpu_fleet', 'policy.measurements', 'policy.min_tcb_evaluation_number',
        'policy.nonce_binding', 'policy.rejected_advisories', 'policy.tcb_statuses',
      ],
      omits: [
        'address', 'advisories', 'app_id', 'assurance', 'compose_hash', 'gpu', 'gpu_count',
        'key_source', 'nonce_binding', 'roots_replaced', 'tcb_status',
      ],
    },
    'client.chat': {},
  },
  features: ['lone-surrogates'],
  // The sample asks no clock and has no roots, so that those of a test change nothing.
  inject: { rng: false, clock: true, base_url: true, trust_anchors: true },
  reasons: 'native',
}
await serve(hello, operations)
