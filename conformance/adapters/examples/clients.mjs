// The operations of the two npm packages, which have the same functions of the same names.
//
// Both are a client for `fetch`: `createVeniceE2EE({...})` with createSession, encrypt and
// decryptStream.  Their own functions are called as their README files show.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Refused, Unsupported, answerOf, bytes, installed, native, pieces } from './served.mjs'
import { protocolHeaders, released, response, textOf, withFetch } from './served.mjs'

const OMITTED = ['id', 'model', 'finish_reason', 'usage']

// `@phala/dcap-qvl` is what their `dcap` entry asks.  Its root and its clock are not among the
// options of that entry, so the one function that is called there is replaced by the same
// verification with the root, the time and, for vectors, the collateral of a test.
let evidence = {}
function replaceRoot(root) {
  const phala = createRequire(join(root, 'package.json'))('@phala/dcap-qvl')
  phala.getCollateralAndVerify = async (quote, url) => {
    const collateral = evidence.collateral ?? (await phala.getCollateral(url, quote))
    const now = Math.floor((evidence.now ?? Date.now()) / 1000)
    return phala.QuoteVerifier.newWithRootCa(evidence.root).verify(Buffer.from(quote), collateral, now)
  }
}

const derOf = pem => Buffer.from(pem.match(/-----BEGIN CERTIFICATE-----([^-]+)-----END/)[1], 'base64')

export async function clients(root, name, { plaintextOption, dcapOptions, modelOption }) {
  replaceRoot(root)
  const e2ee = await installed(root, name)
  const { createDcapVerifier } = await installed(root, name, './dcap')
  const { getPublicKey } = await installed(root, '@noble/secp256k1')

  // createSession without attestation, for a key that an answer would bring.
  const bound = e2ee.createVeniceE2EE({ apiKey: 'key', verifyAttestation: false })
  const sessionFor = text =>
    withFetch(() => Response.json({ signing_key: text }), () => bound.createSession(`e2ee-${text}`))

  return {
    // createSession takes the key, and encrypt returns the header that is sent.
    'key.parse': async given => {
      const { headers } = await bound.encrypt([], await sessionFor(given.text))
      return { public: headers['X-Venice-TEE-Model-Pub-Key'] }
    },

    // createSession, which keeps one session for a model, and encrypt.
    'field.seal': async given => {
      const messages = [{ role: 'user', content: textOf(given) }]
      const { encryptedMessages } = await bound.encrypt(messages, await sessionFor(given.recipient))
      return { envelope: encryptedMessages[0].content }
    },

    // decryptChunk.
    'field.open': async given => {
      const secret = bytes(given.secret)
      for (const envelope of given.before ?? []) await e2ee.decryptChunk(secret, envelope)
      return { text: await e2ee.decryptChunk(secret, given.envelope + '0'.repeat(given.zeros ?? 0)) }
    },

    // encrypt, on a session with the client's key; the body is put together as in the README.
    'request.build': async given => {
      if (Object.keys(given.options ?? {}).length > 0) throw new Unsupported('options: the caller writes the body')
      const privateKey = bytes(given.client_secret)
      const publicKey = getPublicKey(privateKey, false)
      const session = {
        privateKey,
        publicKey,
        pubKeyHex: e2ee.toHex(publicKey),
        modelPubKeyHex: given.model_key,
        aesKey: await e2ee.deriveAESKey(privateKey, given.model_key),
        modelId: given.model,
        created: Date.now(),
      }
      const messages = given.repeat ? Array(given.repeat).fill(given.messages).flat() : given.messages
      const { encryptedMessages, headers, veniceParameters } = await bound.encrypt(messages, session)
      const body = {
        model: given.model,
        messages: encryptedMessages,
        stream: true,
        venice_parameters: veniceParameters,
      }
      const built = { headers: protocolHeaders(headers), body }
      return given.show_messages ? { ...built, messages_after: messages } : built
    },

    // decryptSSEStream; that it ends without an exception is its word for complete.
    'stream.open': async given => {
      const unsafe = given.allow_plaintext === true
      if (unsafe && !plaintextOption) throw new Unsupported('allow_plaintext: there is no such option')
      const { body } = response(pieces(given), given.content_type)
      let text = ''
      try {
        for await (const chunk of e2ee.decryptSSEStream(body, bytes(given.private_key), unsafe)) text += chunk
      } catch (error) {
        throw new Refused(native(error), released(text))
      }
      return { released: released(text), complete: true }
    },

    // verifyAttestation, after the JSON parser that createSession uses; a list of errors that is
    // not empty is what makes createSession throw.
    'attestation.verify': async given => {
      const answer = await new Response(answerOf(given)).json()
      const { policy } = given
      let options
      if ((policy.assurance ?? 'dcap') !== 'binding') {
        evidence = {
          root: given.root ? Buffer.from(given.root, 'hex') : undefined,
          collateral: JSON.parse(given.collateral ?? '{}'),
          now: Date.parse(given.now),
        }
        options = createDcapVerifier()
      }
      if (dcapOptions) options = { dcapVerifier: options, requireDcap: options !== undefined }
      if (modelOption) options.expectedModelId = given.model ?? undefined
      const result = await e2ee.verifyAttestation(answer, bytes(given.nonce ?? ''), options)
      if (result.errors.length > 0) throw new Error(result.errors.join('; '))
      return await withFetch(() => Response.json(answer), async () => {
        // createSession takes the key after these checks and does not return it otherwise.
        const one = e2ee.createVeniceE2EE({ apiKey: 'key', verifyAttestation: false })
        return { model_key: (await one.createSession(given.model ?? '')).modelPubKeyHex }
      })
    },

    // createSession, encrypt, fetch and decryptStream, as in the README.
    'client.chat': async given => {
      const base = given.base_url.replace(/\/api\/v1$/, '')
      const options = { apiKey: given.api_key, baseUrl: base }
      if (given.trust_root && (given.assurance ?? 'dcap') !== 'binding') {
        evidence = { root: derOf(given.trust_root) }
        options.dcapVerifier = createDcapVerifier(base)
        if (dcapOptions) options.requireDcap = true
      }
      const client = e2ee.createVeniceE2EE(options)
      let text = ''
      try {
        const session = await client.createSession(given.model)
        const first = given.system ? [{ role: 'system', content: given.system }] : []
        const { encryptedMessages, headers, veniceParameters } = await client.encrypt(
          [...first, ...given.messages],
          session,
        )
        const answer = await fetch(`${base}/api/v1/chat/completions`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${given.api_key}`, ...headers },
          body: JSON.stringify({
            model: given.model,
            messages: encryptedMessages,
            stream: true,
            venice_parameters: veniceParameters,
          }),
        })
        for await (const chunk of client.decryptStream(answer.body, session)) text += chunk
      } catch (error) {
        throw new Refused(native(error), text)
      }
      return { text, complete: true }
    },
  }
}

export const hello = (implementation, policy, streamOptions) => ({
  protocol: 1,
  implementation: { ...implementation, language: `JavaScript (Node ${process.versions.node})` },
  operations: {
    'key.parse': {},
    'field.seal': {},
    'field.open': {},
    'request.build': { without: ['options'] },
    'stream.open': { ...streamOptions, omits: OMITTED },
    'attestation.verify': {
      without: policy,
      omits: [
        'address', 'advisories', 'app_id', 'assurance', 'compose_hash', 'gpu', 'gpu_count',
        'key_source', 'nonce_binding', 'roots_replaced', 'tcb_status',
      ],
    },
    'client.chat': {},
  },
  features: ['lone-surrogates', 'dcap'],
  inject: { rng: false, clock: true, base_url: true, trust_anchors: true },
  reasons: 'native',
})
