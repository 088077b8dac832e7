// A wallet, and whoever it shows a credential to, made of libraries that nobody here wrote. It does what it is told, a
// line of JSON each on standard input, and says how it went, a line each on standard output.
import { createHash, randomBytes, webcrypto } from 'node:crypto'
import { createInterface } from 'node:readline'
import { clientAuthenticationAnonymous, setGlobalConfig } from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'

globalThis.crypto ??= webcrypto // before Node 20 it must be asked for
setGlobalConfig({ allowInsecureUrls: true }) // everything is on this machine
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const { subtle } = webcrypto
const text = new TextEncoder()
const base64url = (bytes) => Buffer.from(bytes).toString('base64url')
const json = async (url) => {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
  return answer.json()
}

const key = await subtle.generateKey(ES256, true, ['sign', 'verify'])
const { kty, crv, x, y } = await subtle.exportKey('jwk', key.publicKey)
const publicJwk = { kty, crv, x, y }
const signed = async (data) => base64url(await subtle.sign(ES256, key.privateKey, text.encode(data)))
const verified = async (jwk, data, signature) => {
  const { kty, crv, x, y } = jwk
  const imported = await subtle.importKey('jwk', { kty, crv, x, y }, ES256, false, ['verify'])
  return subtle.verify(ES256, imported, Buffer.from(signature, 'base64url'), text.encode(data))
}

const client = new Openid4vciClient({
  callbacks: {
    fetch,
    hash: (data) => createHash('sha256').update(data).digest(),
    generateRandom: (length) => randomBytes(length),
    clientAuthentication: clientAuthenticationAnonymous(),
    signJwt: async (_signer, { header, payload }) => {
      const said = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}`
      return { jwt: `${said}.${await signed(said)}`, signerJwk: publicJwk }
    },
  },
})

const held = {}

async function accept({ offer_uri, tx_code }) {
  const credentialOffer = await client.resolveCredentialOffer(offer_uri)
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const { accessTokenResponse } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer, issuerMetadata, txCode: tx_code,
  })
  const [credentialConfigurationId] = credentialOffer.credential_configuration_ids
  const { c_nonce } = await client.requestNonce({ issuerMetadata })
  const { jwt } = await client.createCredentialRequestJwtProof({
    issuerMetadata, credentialConfigurationId, nonce: c_nonce,
    signer: { method: 'jwk', publicJwk, alg: 'ES256' },
  })
  held.token = accessTokenResponse.access_token
  held.metadata = issuerMetadata
  const { credentialResponse } = await client.retrieveCredentials({
    issuerMetadata, credentialConfigurationId, accessToken: held.token, proofs: { jwt: [jwt] },
  })
  return received(credentialResponse)
}

async function collect() {
  const { deferredCredentialResponse } = await client.retrieveDeferredCredentials({
    issuerMetadata: held.metadata, accessToken: held.token, transactionId: held.transaction,
  })
  return received(deferredCredentialResponse)
}

async function received(response) {
  if (response.transaction_id) {
    held.transaction = response.transaction_id
    return { is_deferred: true }
  }
  held.credential = response.credentials[0].credential
  if (response.notification_id) {
    await client.sendNotification({
      issuerMetadata: held.metadata, accessToken: held.token,
      notification: { notificationId: response.notification_id, event: 'credential_accepted' },
    })
  }
  return { credential: held.credential, configurations: held.metadata.credentialIssuer.credential_configurations_supported }
}

// Shows the claims that are asked for, and looks at what is shown as a stranger would.
async function show({ claims }) {
  const payload = JSON.parse(Buffer.from(held.credential.split('.')[1], 'base64url'))
  const issuer = new URL(payload.iss)
  const { jwks } = await json(`${issuer.origin}/.well-known/jwt-vc-issuer${issuer.pathname}`)
  let status = null
  const vc = new SDJwtVcInstance({
    hasher: (data) => createHash('sha256').update(data).digest(),
    hashAlg: 'sha-256',
    saltGenerator: () => base64url(randomBytes(16)),
    verifier: async (data, signature) =>
      (await Promise.all(jwks.keys.map((jwk) => verified(jwk, data, signature)))).includes(true),
    kbSigner: signed,
    kbSignAlg: 'ES256',
    kbVerifier: (data, signature, { cnf }) => verified(cnf.jwk, data, signature),
    statusValidator: async (value) => {
      status = value
    },
  })
  const kb = { payload: { iat: Math.floor(Date.now() / 1000), aud: 'https://verifier.example', nonce: 'n-0S6_WzA2Mj' } }
  const presentation = await vc.present(held.credential, claims, { kb })
  const result = await vc.verify(presentation, { keyBindingNonce: 'n-0S6_WzA2Mj' })
  const type = await vc.getVct(presentation)
  return { payload: result.payload, header: result.header, kb: result.kb.header, type, status }
}

const acts = { accept, collect, show }
for await (const line of createInterface({ input: process.stdin })) {
  const { act, ...given } = JSON.parse(line)
  const said = await acts[act](given).catch((error) => ({ error: String(error.stack ?? error) }))
  process.stdout.write(`${JSON.stringify(said)}\n`)
}
